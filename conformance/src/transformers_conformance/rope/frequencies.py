"""Reads the rotary frequencies of a built model."""

from collections.abc import Collection

import numpy as np
import torch


# Tables to which a scaled rope type may switch during a pass.
_KEPT_ASIDE = ("original_inv_freq", "long_inv_freq", "short_inv_freq")


class NoTableError(RuntimeError):
    """The model keeps no table of rotary frequencies that this module can read."""


def kept_frequencies(
    model: torch.nn.Module, among: Collection[torch.nn.Module] | None = None
) -> dict[str, np.ndarray]:
    """Every table of inverse frequencies in a model, by its dotted name, radians per position, float64.

    If a config scales only some layers, the unscaled table of the other layers is left out.

    Two kinds of tables are read, from buffers or plain attributes: `inv_freq`, `[m]`, also with the name of a layer
    type in front; and `embed_positions`, `[positions, 2m]`, sines before cosines. Row 1 of the latter holds the angles
    of position 1, which are the frequencies (none is above pi).

    Args:
        among: the modules whose tables are read; None for all.

    Raises:
        NoTableError: there is no table.
    """
    tables = {}
    for name, module in model.named_modules():
        if among is not None and module not in among or _unscaled(model, module):
            continue
        sinusoids = getattr(module, "embed_positions", None)
        for kind, table in _tensors(module):
            if kind.endswith("inv_freq") and not kind.endswith(_KEPT_ASIDE):
                tables[f"{name}.{kind}"] = table.double().numpy() / _divisor_of_positions(module)
        if isinstance(sinusoids, torch.Tensor):
            row = sinusoids[1].double()
            half = row.shape[-1] // 2
            tables[f"{name}.embed_positions"] = torch.atan2(row[:half], row[half:]).numpy()
    if not tables:
        raise NoTableError(f"{type(model).__name__} keeps neither `inv_freq` nor `embed_positions`")
    return tables


def _divisor_of_positions(module: torch.nn.Module) -> float:
    """The factor of older releases' classes for linear scaling, which keep an unscaled table and divide positions."""
    return module.scaling_factor if type(module).__name__.endswith("LinearScalingRotaryEmbedding") else 1.0


def looks_angles_up(model: torch.nn.Module) -> bool:
    """Whether a model takes its angles from a table with a row for each position."""
    return any(isinstance(getattr(module, "embed_positions", None), torch.Tensor) for module in model.modules())


def holds_table(module: torch.nn.Module) -> bool:
    """Whether a module itself keeps a rotary table, also one for a layer type."""
    return any(name.endswith(("inv_freq", "embed_positions")) for name, _ in _tensors(module))


def table_holders(model: torch.nn.Module) -> list[torch.nn.Module]:
    """The modules that themselves keep a rotary table."""
    return [module for module in model.modules() if holds_table(module)]


def _tensors(module: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Buffers and plain attributes of a module, with their names."""
    kept = {**module._buffers, **vars(module)}
    return [(name, value) for name, value in kept.items() if isinstance(value, torch.Tensor)]


def kept_attention_factors(model: torch.nn.Module) -> list[float]:
    """The factors on cos and sin that rotary modules keep as `attention_scaling`."""
    modules = [module for module in model.modules() if not _unscaled(model, module)]
    return [float(module.attention_scaling) for module in modules if hasattr(module, "attention_scaling")]


def _unscaled(model: torch.nn.Module, module: torch.nn.Module) -> bool:
    """Whether a module makes the angles of unscaled layers, in a config with a scaled rope type.

    `rope_scaling_layers` lists the scaled layers. In the 4.x releases, layers with a sliding window are not scaled if
    they have a table of their own. If no layer has a sliding window, this table turns nothing.
    """
    config = model.config
    without_windows = set(getattr(config, "layer_types", None) or ()) == {"full_attention"}
    some = getattr(config, "rope_scaling_layers", None) is not None or (
        without_windows and not hasattr(config, "rope_parameters")
    )
    if not some or getattr(module, "rope_type", None) != "default":
        return False
    return any(getattr(other, "rope_type", "default") != "default" for other in model.modules())
