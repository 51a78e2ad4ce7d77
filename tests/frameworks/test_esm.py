"""ESM has the same outputs in PyTorch and TensorFlow, and both rotate by `position_ids`."""

import pytest

from tests.frameworks.frameworks import (
    RUN,
    TOLERANCE,
    batches,
    in_frameworks,
    require_agreement,
    require_positions_seen,
)


VOCABULARY = 33
BATCHES = batches(VOCABULARY)
WIDTHS = [(8, n) for n in range(9)] + [(5, 5)]


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda width: f"head_dim_{width[0]}_n_{width[1]}")
def models(request, tmp_path_factory):
    from transformers import EsmConfig, EsmModel

    head_dim, rotary_ndims = request.param
    config = EsmConfig(
        vocab_size=VOCABULARY,
        hidden_size=4 * head_dim,
        num_attention_heads=4,
        num_hidden_layers=2,
        intermediate_size=8 * head_dim,
        max_position_embeddings=32,
        position_embedding_type="rotary",
        partial_rotary_factor=rotary_ndims / head_dim,
        pad_token_id=1,
        mask_token_id=2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return rotary_ndims, in_frameworks(EsmModel(config), tmp_path_factory.mktemp("esm"), ("TF",))


@pytest.mark.parametrize("name", BATCHES)
def test_frameworks_agree(models, name):
    _, by_framework = models
    require_agreement(by_framework, BATCHES[name])


def test_positions_count_in_each_framework_unless_no_pair_turns(models):
    rotary_ndims, by_framework = models
    require_positions_seen(by_framework, BATCHES, rotary_ndims > 1)


def test_a_row_padded_on_the_left_gives_the_same_as_alone(models):
    _, by_framework = models
    padded = BATCHES["padded"]
    alone = type(padded)(padded.input_ids[1:, 3:], padded.attention_mask[1:, 3:])
    for prefix, model in by_framework.items():
        assert abs(RUN[prefix](model, padded)[1:, 3:] - RUN[prefix](model, alone)).max() < TOLERANCE, prefix
