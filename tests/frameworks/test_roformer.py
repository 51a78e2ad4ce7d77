"""RoFormer has the same outputs in PyTorch, TensorFlow and Flax, for every width of a head, also if values turn."""

import pytest

from tests.frameworks.frameworks import (
    RUN,
    TOLERANCE,
    Batch,
    batches,
    difference,
    in_frameworks,
    require_agreement,
)


VOCABULARY = 48
# RoFormer takes no positions.
BATCHES = {
    name: Batch(one.input_ids, one.attention_mask) for name, one in batches(VOCABULARY).items() if name != "given"
}


@pytest.fixture(
    scope="module",
    params=[(head_dim, turned) for head_dim in (1, 2, 3, 5, 8) for turned in (False, True)],
    ids=lambda one: f"head_dim_{one[0]}_{'with' if one[1] else 'without'}_values",
)
def models(request, tmp_path_factory):
    from transformers import RoFormerConfig, RoFormerModel

    head_dim, rotary_value = request.param
    sizes = {"hidden_size": 4 * head_dim, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 32}
    config = RoFormerConfig(
        vocab_size=VOCABULARY, max_position_embeddings=16, rotary_value=rotary_value, use_cache=False, **sizes
    )
    folder = tmp_path_factory.mktemp("roformer")
    return request.param, in_frameworks(RoFormerModel(config), folder, ("TF", "Flax"))


@pytest.mark.parametrize("name", BATCHES)
def test_frameworks_agree(models, name):
    _, by_framework = models
    require_agreement(by_framework, BATCHES[name])


def test_order_counts_in_each_framework_unless_no_pair_turns(models):
    """Otherwise agreement proves nothing: a token attends to all others, so order matters only through positions."""
    (head_dim, _), by_framework = models
    counted = BATCHES["counted"]
    backwards = Batch(counted.input_ids[:, ::-1].copy(), counted.attention_mask)
    for prefix, model in by_framework.items():
        forth, back = (RUN[prefix](model, one) for one in (counted, backwards))
        assert (difference(forth, back[:, ::-1], counted) > 10 * TOLERANCE) == (head_dim > 1), prefix


def test_a_row_padded_on_the_left_gives_the_same_as_alone(models):
    """Not if values turn too, because they turn by absolute positions."""
    (head_dim, rotary_value), by_framework = models
    padded = BATCHES["padded"]
    alone = Batch(padded.input_ids[1:, 3:], padded.attention_mask[1:, 3:])
    for prefix, model in by_framework.items():
        off = abs(RUN[prefix](model, padded)[1:, 3:] - RUN[prefix](model, alone)).max()
        assert (off < TOLERANCE) == (not rotary_value or head_dim == 1), prefix
