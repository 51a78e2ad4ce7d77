"""Llama, Mistral and Gemma in Flax, and Mistral in TensorFlow, have PyTorch's outputs at every rotary width."""

from dataclasses import dataclass

import numpy as np
import pytest

from tests.frameworks.frameworks import (
    RUN,
    TOLERANCE,
    Batch,
    batches,
    difference,
    in_frameworks,
    require_agreement,
    require_positions_seen,
    require_same_tokens,
)


VOCABULARY = 48
BATCHES = batches(VOCABULARY)
# Widths of a head of 8 channels, and a full head of 5. The hidden size is not a multiple of the latter.
WIDTHS = [(8, n) for n in range(1, 9)] + [(5, 5)]
HIDDEN = {8: 32, 5: 24}
FRAMEWORKS = {"Llama": ("Flax",), "Mistral": ("TF", "Flax"), "Gemma": ("Flax",)}


def config(model: str, head_dim: int, rotary_ndims: int, **changes):
    import transformers

    sizes = {
        "hidden_size": HIDDEN[head_dim],
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "num_hidden_layers": 2,
    }
    sizes |= {"intermediate_size": 32, "max_position_embeddings": 32, "vocab_size": VOCABULARY, "head_dim": head_dim}
    rope = {"partial_rotary_factor": rotary_ndims / head_dim, "rope_theta": 500.0}
    return getattr(transformers, f"{model}Config")(**sizes | rope | changes)


@dataclass(frozen=True)
class Converted:
    """A model in PyTorch, and the same model in other frameworks, by the prefixes of their classes."""

    rotary_ndims: int
    models: dict


@pytest.fixture(
    scope="module",
    params=[(model, *width) for model in FRAMEWORKS for width in WIDTHS],
    ids=lambda one: f"{one[0]}_head_dim_{one[1]}_n_{one[2]}",
)
def converted(request, tmp_path_factory) -> Converted:
    import transformers

    model, head_dim, rotary_ndims = request.param
    by_torch = getattr(transformers, f"{model}ForCausalLM")(config(model, head_dim, rotary_ndims))
    return Converted(rotary_ndims, in_frameworks(by_torch, tmp_path_factory.mktemp(model), FRAMEWORKS[model]))


@pytest.mark.parametrize("name", BATCHES)
def test_frameworks_agree(converted, name):
    require_agreement(converted.models, BATCHES[name])


def test_positions_count_in_each_framework_unless_no_pair_turns(converted):
    require_positions_seen(converted.models, BATCHES, converted.rotary_ndims > 1)


def test_only_distances_count_beyond_the_last_position(converted):
    """The given positions are beyond the row's own length, and the last four are also beyond the config's length."""
    near = BATCHES["counted"]
    far = Batch(near.input_ids, near.attention_mask, np.tile(np.arange(29, 36), (2, 1)))
    assert converted.models[""].config.max_position_embeddings == 32
    require_agreement(converted.models, far)
    for prefix, model in converted.models.items():
        assert difference(RUN[prefix](model, far), RUN[prefix](model, near), near) < TOLERANCE, prefix


@pytest.mark.parametrize("name", ["counted", "padded"])
def test_tokens_that_are_decoded_one_by_one_agree(converted, name):
    require_same_tokens(converted.models, BATCHES[name])


@pytest.mark.parametrize(("model", "prefix"), [(model, one) for model, others in FRAMEWORKS.items() for one in others])
def test_a_type_that_only_pytorch_knows_is_refused(model, prefix):
    import transformers

    scaled = config(model, 8, 8, rope_scaling={"rope_type": "linear", "factor": 2.0})
    with pytest.raises(ValueError, match="`rope_type`='linear' is refused"):
        getattr(transformers, f"{prefix}{model}Model")(scaled)
