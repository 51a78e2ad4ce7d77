"""The text model of Idefics, with a picture, has the same outputs in PyTorch and TensorFlow at every rotary width."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tests.frameworks.frameworks import (
    RUN,
    TOLERANCE,
    Batch,
    as_tensorflow,
    batches,
    difference,
    in_frameworks,
    require_agreement,
    require_positions_seen,
)


VOCABULARY = 48
PICTURE = 6  # channels of an encoded picture
WIDTHS = [(8, n) for n in range(9)] + [(5, 5)]


@dataclass(frozen=True)
class Pictured(Batch):
    """Text with one picture of one token, which every token attends to."""

    image_encoder_embeddings: np.ndarray | None = None
    image_attention_mask: np.ndarray | None = None

    @classmethod
    def of(cls, batch: Batch) -> "Pictured":
        picture = np.random.default_rng(1).standard_normal((2, 1, 1, PICTURE)).astype(np.float32)
        return cls(**vars(batch), image_encoder_embeddings=picture, image_attention_mask=seen(batch.input_ids))


def seen(ids: np.ndarray) -> np.ndarray:
    return np.ones((*ids.shape, 1), dtype=np.int64)


BATCHES = {name: Pictured.of(batch) for name, batch in batches(VOCABULARY).items()}


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda width: f"head_dim_{width[0]}_n_{width[1]}")
def models(request, tmp_path_factory):
    from transformers import IdeficsConfig, IdeficsModel

    head_dim, rotary_ndims = request.param
    config = IdeficsConfig(
        vocab_size=VOCABULARY,
        additional_vocab_size=0,
        hidden_size=4 * head_dim,
        num_attention_heads=4,
        num_hidden_layers=2,
        intermediate_size=32,
        max_position_embeddings=32,
        partial_rotary_factor=rotary_ndims / head_dim,
        cross_layer_interval=2,
        qk_layer_norms=False,
        alpha_initializer="ones",
        freeze_text_layers=False,
        vision_config={"embed_dim": PICTURE, "image_size": 4, "patch_size": 2, "num_attention_heads": 2}
        | {"num_hidden_layers": 1, "intermediate_size": 8},
    )
    return rotary_ndims, in_frameworks(IdeficsModel(config), tmp_path_factory.mktemp("idefics"), ("TF",))


@pytest.mark.parametrize("name", BATCHES)
def test_frameworks_agree(models, name):
    _, by_framework = models
    require_agreement(by_framework, BATCHES[name])


def test_positions_count_in_each_framework_unless_no_pair_turns(models):
    rotary_ndims, by_framework = models
    require_positions_seen(by_framework, BATCHES, rotary_ndims > 1)


def test_only_distances_count(models):
    """The given positions may be beyond the row's own length."""
    _, by_framework = models
    near = BATCHES["counted"]
    far = replace(near, position_ids=np.tile(np.arange(25, 32), (2, 1)))
    for prefix, model in by_framework.items():
        assert difference(*(RUN[prefix](model, one) for one in (far, near)), near) < TOLERANCE, prefix


def test_positions_of_tokens_with_a_cache_follow_from_the_mask(models):
    """After the first three, tokens come one by one, each with only the mask of all tokens."""
    _, by_framework = models
    model, batch = by_framework["TF"], BATCHES["padded"]
    kept, outputs = None, []
    for start, stop in ((0, 3), (3, 4), (4, 5), (5, 6), (6, 7)):
        ids = batch.input_ids[:, start:stop]
        given = {"input_ids": ids, "attention_mask": batch.attention_mask[:, :stop], "image_attention_mask": seen(ids)}
        given["image_encoder_embeddings"] = batch.image_encoder_embeddings
        result = model(**{name: as_tensorflow(x) for name, x in given.items()}, past_key_values=kept, use_cache=True)
        kept = result.past_key_values
        outputs.append(result[0].numpy())
    assert difference(np.concatenate(outputs, axis=1), RUN["TF"](model, batch), batch) < TOLERANCE
