"""GPT-J has the same outputs in PyTorch, TensorFlow and Flax, at every rotary width."""

import pytest

from tests.frameworks.frameworks import (
    batches,
    in_frameworks,
    require_agreement,
    require_positions_seen,
    require_same_tokens,
)


VOCABULARY = 48
BATCHES = batches(VOCABULARY)
# Widths of a head of 8 channels, and a full head of 5.
WIDTHS = [(8, n) for n in (*range(9), None)] + [(5, 5), (5, None)]


def config(head_dim: int, rotary_dim: int | None):
    from transformers import GPTJConfig

    sizes = {"n_embd": 4 * head_dim, "n_head": 4, "n_layer": 2, "n_positions": 32, "vocab_size": VOCABULARY}
    tokens = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3}
    return GPTJConfig(rotary_dim=rotary_dim, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, **sizes, **tokens)


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda width: f"head_dim_{width[0]}_n_{width[1]}")
def models(request, tmp_path_factory):
    from transformers import GPTJForCausalLM

    by_torch = GPTJForCausalLM(config(*request.param))
    return request.param[1], in_frameworks(by_torch, tmp_path_factory.mktemp("gptj"), ("TF", "Flax"))


@pytest.mark.parametrize("name", BATCHES)
def test_frameworks_agree(models, name):
    _, by_framework = models
    require_agreement(by_framework, BATCHES[name])


def test_positions_count_in_each_framework_unless_no_pair_turns(models):
    rotary_dim, by_framework = models
    require_positions_seen(by_framework, BATCHES, rotary_dim is None or rotary_dim > 1)


@pytest.mark.parametrize("name", ["counted", "padded"])
def test_tokens_that_are_decoded_one_by_one_agree(models, name):
    _, by_framework = models
    require_same_tokens(by_framework, BATCHES[name])


@pytest.mark.parametrize("rotary_dim", [-1, 9])
def test_a_width_that_no_head_has_is_refused_before_the_model_is_built(rotary_dim):
    with pytest.raises(ValueError, match=f"`rotary_dim` must be a number from 0 to 8, but is {rotary_dim}"):
        config(8, rotary_dim)
