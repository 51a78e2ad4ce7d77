"""GPT-J gives the same in PyTorch, TensorFlow and Flax, whatever its rotary width."""

import pytest

from tests.frameworks.frameworks import (
    TOLERANCE,
    batches,
    difference,
    run_flax,
    run_tensorflow,
    run_torch,
    save,
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


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda width: f"head_dim_{width[0]}_n_{width[1]}")
def models(request, tmp_path_factory):
    import torch

    from transformers import FlaxGPTJForCausalLM, GPTJForCausalLM, TFGPTJForCausalLM

    torch.manual_seed(0)
    model = GPTJForCausalLM(config(*request.param)).eval()
    folder = tmp_path_factory.mktemp("gptj")
    save(model, folder)
    others = (cls.from_pretrained(folder, from_pt=True) for cls in (TFGPTJForCausalLM, FlaxGPTJForCausalLM))
    return request.param, model, *others


@pytest.mark.parametrize("name", BATCHES)
def test_frameworks_agree(models, name):
    _, by_torch, by_tensorflow, by_flax = models
    batch = BATCHES[name]
    expected = run_torch(by_torch, batch)
    assert difference(run_tensorflow(by_tensorflow, batch), expected, batch) < TOLERANCE
    assert difference(run_flax(by_flax, batch), expected, batch) < TOLERANCE


def test_positions_count_in_each_framework_unless_no_pair_turns(models):
    """Else agreement would prove nothing."""
    (_, rotary_dim), by_torch, by_tensorflow, by_flax = models
    counted, given = BATCHES["counted"], BATCHES["given"]
    for run, model in ((run_torch, by_torch), (run_tensorflow, by_tensorflow), (run_flax, by_flax)):
        changed = difference(run(model, counted), run(model, given), counted) > 10 * TOLERANCE
        assert changed == (rotary_dim is None or rotary_dim > 1), run.__name__


@pytest.mark.parametrize("rotary_dim", [-1, 9])
def test_a_width_that_no_head_has_is_refused_before_there_is_a_model(rotary_dim):
    with pytest.raises(ValueError, match=f"`rotary_dim` must be a number from 0 to 8, but is {rotary_dim}"):
        config(8, rotary_dim)
