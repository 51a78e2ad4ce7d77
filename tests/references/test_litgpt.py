"""LitGPT 0.5.13 with a model's weights has the same outputs at every even rotary width, but not at odd widths.

At odd widths, LitGPT cuts the table of angles to the width. Then channels are paired wrongly, and scores depend on
absolute positions, as the shift property shows. LitGPT's YaRN differs from the paper, so no scaled table is compared.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch
from packaging.version import Version
from safetensors.torch import load_file

import transformers


HEADS, HEAD_DIM, VOCABULARY, POSITIONS, SHIFT = 4, 8, 64, 16, 5
HIDDEN = HEADS * HEAD_DIM
# Weights and sums are float64. Both compute angles and their cosines in float32, at positions below 32: each error is
# at most 32 * 2 ** -24 = 2e-6. Two layers of attention, with outputs of order one, add up a few such errors.
TOLERANCE = 2e-5
# A smaller difference would mean that the order of tokens has no effect.
SEEN = 100 * TOLERANCE


@dataclass(frozen=True)
class Family:
    """A model of Transformers, and the model of LitGPT with the same architecture.

    Args:
        model: the name of the class without `ForCausalLM`.
        of_litgpt: the name of a LitGPT configuration, which gives everything except the sizes.
        convert: LitGPT's function that converts weights.
        by_layer: whether the conversion collects q, k and v of a layer.
        intermediate_size: the size of the MLP.
        factor: the 4.x name of `partial_rotary_factor`.
        changes: other config keywords of Transformers.
        groups: the number of heads of keys and values.
    """

    model: str
    of_litgpt: str
    convert: str
    by_layer: bool
    intermediate_size: int = 4 * HIDDEN
    factor: str = "partial_rotary_factor"
    changes: tuple[tuple[str, object], ...] = ()
    groups: int = HEADS


FAMILIES = {
    "gpt_neox": Family("GPTNeoX", "pythia-14m", "copy_weights_gpt_neox", by_layer=False, factor="rotary_pct"),
    "llama": Family("Llama", "Llama-2-7b-hf", "copy_weights_hf_llama", True, 96, changes=(("rms_norm_eps", 1e-5),)),
    "phi": Family("Phi", "phi-2", "copy_weights_phi", by_layer=True),
    "stablelm": Family(
        "StableLm", "stablelm-3b-4e1t", "copy_weights_hf_llama", True, 96, changes=(("num_key_value_heads", HEADS),)
    ),
    "falcon": Family("Falcon", "falcon-7b", "copy_weights_falcon", by_layer=False, groups=1),
}
WIDTHS = range(HEAD_DIM + 1)


def build(family: Family, rotary_ndims: int) -> torch.nn.Module:
    """The model of Transformers, in float64, with weights that make attention depend on positions."""
    share = rotary_ndims / HEAD_DIM
    sizes = {"hidden_size": HIDDEN, "num_attention_heads": HEADS, "num_hidden_layers": 2, "vocab_size": VOCABULARY}
    sizes |= {"max_position_embeddings": 2 * POSITIONS, "intermediate_size": family.intermediate_size}
    sizes |= {"tie_word_embeddings": False}
    if Version(transformers.__version__).major < 5:
        rope = {family.factor: share}
    else:
        rope = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": share}}
    config_class = getattr(transformers, f"{family.model}Config")
    config = config_class(**sizes, **rope, **dict(family.changes), attn_implementation="eager")
    model = getattr(transformers, f"{family.model}ForCausalLM")(config).eval().double()
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn_like(weight)
            weight.copy_(noise * 1.5 / math.sqrt(weight.shape[-1]) if weight.dim() > 1 else 1 + 0.2 * noise)
    return model


def build_litgpt(family: Family, rotary_ndims: int, checkpoint: Path) -> torch.nn.Module:
    """LitGPT's model with the weights of a checkpoint."""
    from litgpt import GPT, Config
    from litgpt.scripts import convert_hf_checkpoint

    weights = load_file(checkpoint / "model.safetensors")
    config = Config.from_name(
        family.of_litgpt,
        n_layer=2,
        n_head=HEADS,
        n_embd=HIDDEN,
        n_query_groups=family.groups,
        head_size=HEAD_DIM,
        intermediate_size=family.intermediate_size,
        padded_vocab_size=VOCABULARY,
        block_size=2 * POSITIONS,
        rotary_percentage=rotary_ndims / HEAD_DIM,
    )
    state: dict[str, torch.Tensor] = {}
    convert: Callable = partial(getattr(convert_hf_checkpoint, family.convert), config)
    if family.by_layer:
        convert(defaultdict(dict), state, weights)
    else:
        convert(state, weights)
    model = GPT(config).eval().double()
    model.load_state_dict(state)
    return model


@pytest.fixture(scope="module")
def tokens() -> torch.Tensor:
    return torch.randint(VOCABULARY, (2, POSITIONS), generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def outputs(model: torch.nn.Module, tokens: torch.Tensor, shift: int = 0) -> torch.Tensor:
    """Logits, `[batch, tokens, vocabulary]`, at positions counted from `shift`."""
    return model(tokens, position_ids=torch.arange(shift, shift + POSITIONS)[None].expand_as(tokens)).logits


@torch.no_grad()
def outputs_of_litgpt(model: torch.nn.Module, tokens: torch.Tensor, shift: int = 0) -> torch.Tensor:
    """As `outputs`, for LitGPT. LitGPT counts positions itself, so its tables are moved by `shift`."""
    whole = model.cos, model.sin
    model.cos, model.sin = (table[shift:] for table in whole)
    try:
        return model(tokens)
    finally:
        model.cos, model.sin = whole


def largest(one: torch.Tensor, other: torch.Tensor) -> float:
    return (one - other).abs().max().item()


@pytest.mark.parametrize("rotary_ndims", WIDTHS)
@pytest.mark.parametrize("name", FAMILIES)
def test_even_widths_agree_and_odd_ones_depend_on_absolute_position(name, rotary_ndims, tokens, tmp_path):
    family = FAMILIES[name]
    model = build(family, rotary_ndims)
    model.save_pretrained(tmp_path)
    other = build_litgpt(family, rotary_ndims, tmp_path)
    ours, theirs = outputs(model, tokens), outputs_of_litgpt(other, tokens)
    shifted, shifted_theirs = outputs(model, tokens, SHIFT), outputs_of_litgpt(other, tokens, SHIFT)
    assert largest(shifted, ours) < TOLERANCE  # R5: only differences of positions count
    if rotary_ndims % 2 == 0:
        assert largest(ours, theirs) < TOLERANCE
        assert largest(shifted_theirs, theirs) < TOLERANCE
    else:
        assert largest(ours, theirs) > SEEN
        assert largest(shifted_theirs, theirs) > SEEN


@pytest.mark.parametrize("name", FAMILIES)
def test_another_width_gives_other_outputs(name, tokens, tmp_path):
    family = FAMILIES[name]
    model = build(family, 4)
    model.save_pretrained(tmp_path)
    other = build_litgpt(family, 6, tmp_path)
    assert largest(outputs(model, tokens), outputs_of_litgpt(other, tokens)) > SEEN
