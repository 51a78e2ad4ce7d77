"""One model in several frameworks, with the same weights, run on the same tokens."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


MISSING = [name for name in ("tensorflow", "flax") if importlib.util.find_spec(name) is None]
WHY_SKIPPED = (
    f"{' and '.join(MISSING)} not installed: ./run_tests --line 4.57 makes build/env-4.57, which has them"
    if MISSING
    else None
)
if not MISSING:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow logs the CPU instructions that it could use
    import tensorflow as tf

    # Idefics imports Keras from here. If Transformers is imported first, this is another package, tf_keras.
    tf.keras.backend.floatx()

# Outputs are normalised, so they are of order 1. They come from a few layers of sums over less than a hundred products
# each, in float32 with a relative error of 6e-8. Another order of these sums changes the outputs by no more than this.
TOLERANCE = 2e-5


@dataclass(frozen=True)
class Batch:
    """Token ids, a mask (0 for padding), and positions, each `[batch, tokens]`. Without positions, models count."""

    input_ids: np.ndarray
    attention_mask: np.ndarray
    position_ids: np.ndarray | None = None

    @property
    def arguments(self) -> dict[str, np.ndarray]:
        return {name: value for name, value in vars(self).items() if value is not None}


def batches(vocabulary: int) -> dict[str, Batch]:
    """Batches by name: with counted positions, with positions in another order per row, and padded on the left."""
    ids = np.random.default_rng(0).integers(4, vocabulary, (2, 7))
    whole = np.ones_like(ids)
    orders = np.stack([np.arange(7)[::-1], np.arange(7) * 5 % 7])
    padded = whole.copy()
    padded[1, :3] = 0
    return {
        "counted": Batch(ids, whole),
        "given": Batch(ids, whole, orders),
        "padded": Batch(ids, padded, np.maximum(padded.cumsum(1) - 1, 0)),
    }


def in_frameworks(model: Any, folder: Path, prefixes: tuple[str, ...]) -> dict[str, Any]:
    """A PyTorch model, and the same model in other frameworks, by the prefixes of their classes' names.

    The weights are drawn again first, because upstream's are so small that attention hardly depends on positions.

    Args:
        folder: a folder in which the model is saved for the conversion.
    """
    import torch

    import transformers

    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1 and weight.requires_grad:
                weight.copy_(torch.randn_like(weight) * weight.shape[-1] ** -0.5)
    model.eval().save_pretrained(folder, safe_serialization=False)
    converted = {
        prefix: getattr(transformers, prefix + type(model).__name__).from_pretrained(folder, from_pt=True)
        for prefix in prefixes
    }
    return {"": model} | converted


def as_torch(value: np.ndarray) -> Any:
    import torch

    return torch.tensor(value)


def as_tensorflow(value: np.ndarray) -> Any:
    import tensorflow as tf

    return tf.constant(value)


def run_torch(model: Any, batch: Batch) -> np.ndarray:
    return model(**{name: as_torch(value) for name, value in batch.arguments.items()})[0].detach().numpy()


def run_tensorflow(model: Any, batch: Batch) -> np.ndarray:
    return model(**{name: as_tensorflow(value) for name, value in batch.arguments.items()})[0].numpy()


def run_flax(model: Any, batch: Batch) -> np.ndarray:
    return np.asarray(model(**batch.arguments)[0])


RUN = {"": run_torch, "TF": run_tensorflow, "Flax": run_flax}


def difference(one: np.ndarray, other: np.ndarray, batch: Batch) -> float:
    """The largest difference of the outputs, without padding tokens."""
    return float(np.abs(one - other)[batch.attention_mask.astype(bool)].max())


def require_agreement(models: dict[str, Any], batch: Batch) -> None:
    """Each framework has the same outputs as PyTorch."""
    expected = RUN[""](models[""], batch)
    for prefix, model in models.items():
        assert difference(RUN[prefix](model, batch), expected, batch) < TOLERANCE, prefix


def require_same_tokens(models: dict[str, Any], batch: Batch) -> None:
    """Each framework with its cache continues a row, greedily and token by token, as PyTorch does without a cache.

    Positions come from the mask, as in `generate`.
    """
    greedily = {"max_new_tokens": 8, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    given = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
    by_torch = {name: as_torch(value) for name, value in given.items()} | greedily
    expected = models[""].generate(**by_torch, use_cache=False).numpy()
    assert np.array_equal(models[""].generate(**by_torch).numpy(), expected)
    if "TF" in models:
        # Upstream's loop continues with a mask of 32 bits.
        by_tensorflow = {name: as_tensorflow(value.astype(np.int32)) for name, value in given.items()} | greedily
        assert np.array_equal(models["TF"].generate(**by_tensorflow).numpy(), expected)
    if "Flax" in models:
        assert np.array_equal(np.asarray(models["Flax"].generate(**given, **greedily).sequences), expected)


def require_positions_seen(models: dict[str, Any], batches: dict[str, Any], seen: bool) -> None:
    """Other positions change the outputs in each framework (in none if not `seen`). Else agreement proves nothing."""
    counted, given = batches["counted"], batches["given"]
    for prefix, model in models.items():
        off = difference(RUN[prefix](model, counted), RUN[prefix](model, given), counted)
        assert (off > 10 * TOLERANCE) == seen, prefix
