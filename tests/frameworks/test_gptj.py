"""GPT-J gives the same in PyTorch, TensorFlow and Flax, whatever its rotary width."""

from pathlib import Path

import numpy as np
import pytest

from tests.frameworks.frameworks import (
    as_tensorflow,
    as_torch,
    batches,
    in_frameworks,
    require_agreement,
    require_positions_seen,
)


VOCABULARY = 48
BATCHES = batches(VOCABULARY)
# Of a head of 8 channels, and the whole of a head of 5.
WIDTHS = [(8, n) for n in (*range(9), None)] + [(5, 5), (5, None)]


def config(head_dim: int, rotary_dim: int | None):
    from transformers import GPTJConfig

    sizes = {"n_embd": 4 * head_dim, "n_head": 4, "n_layer": 2, "n_positions": 32, "vocab_size": VOCABULARY}
    tokens = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3}
    return GPTJConfig(rotary_dim=rotary_dim, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, **sizes, **tokens)


def built(head_dim: int, rotary_dim: int | None, folder: Path) -> dict:
    from transformers import GPTJForCausalLM

    return in_frameworks(GPTJForCausalLM(config(head_dim, rotary_dim)), folder, ("TF", "Flax"))


def named(width: tuple[int, int | None]) -> str:
    return f"head_dim_{width[0]}_n_{width[1]}"


@pytest.fixture(scope="module", params=WIDTHS, ids=named)
def models(request, tmp_path_factory):
    return request.param[1], built(*request.param, tmp_path_factory.mktemp("gptj"))


@pytest.mark.parametrize("name", BATCHES)
def test_frameworks_agree(models, name):
    _, by_framework = models
    require_agreement(by_framework, BATCHES[name])


def test_positions_count_in_each_framework_unless_no_pair_turns(models):
    rotary_dim, by_framework = models
    require_positions_seen(by_framework, BATCHES, rotary_dim is None or rotary_dim > 1)


@pytest.mark.parametrize("width", [(8, 3), (8, 4), (8, None), (5, None)], ids=named)
def test_tokens_that_are_decoded_one_by_one_agree(width, tmp_path):
    """Greedily, with each framework's cache; and in PyTorch without one."""
    by_torch, by_tensorflow, by_flax = built(*width, tmp_path).values()
    ids = BATCHES["counted"].input_ids
    torch_ids, tensorflow_ids = as_torch(ids), as_tensorflow(ids)
    greedily = {"max_new_tokens": 8, "do_sample": False}
    expected = by_torch.generate(torch_ids, use_cache=False, **greedily).numpy()
    assert np.array_equal(by_torch.generate(torch_ids, **greedily).numpy(), expected)
    assert np.array_equal(by_tensorflow.generate(tensorflow_ids, **greedily).numpy(), expected)
    assert np.array_equal(np.asarray(by_flax.generate(ids, **greedily).sequences), expected)


@pytest.mark.parametrize("rotary_dim", [-1, 9])
def test_a_width_that_no_head_has_is_refused_before_there_is_a_model(rotary_dim):
    with pytest.raises(ValueError, match=f"`rotary_dim` must be a number from 0 to 8, but is {rotary_dim}"):
        config(8, rotary_dim)
