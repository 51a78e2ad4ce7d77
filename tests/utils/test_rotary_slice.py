"""Mistral 4 has `qk_rope_head_dim`, whose slice of the head rotates, and also a factor of the whole head."""

import pytest
import torch

from transformers import Mistral4Config, Mistral4Model


SIZES = {
    "vocab_size": 32, "hidden_size": 64, "intermediate_size": 64, "moe_intermediate_size": 32,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 16, "kv_lora_rank": 16,
    "qk_nope_head_dim": 16, "qk_rope_head_dim": 16, "v_head_dim": 16, "n_routed_experts": 4, "num_experts_per_tok": 2,
    "max_position_embeddings": 64, "pad_token_id": 0,
}  # fmt: skip
DEFAULT = {"rope_type": "default", "rope_theta": 10000.0}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 2.0, "original_max_position_embeddings": 32}


SHARE = {"partial_rotary_factor": 0.25}


@pytest.mark.parametrize(
    "asked",
    [
        {"rope_parameters": DEFAULT | SHARE},
        {"rope_parameters": YARN | SHARE},
        {"rope_parameters": DEFAULT} | SHARE,
        {"rope_parameters": YARN} | SHARE,
        SHARE,
    ],
)
def test_a_factor_that_fits_is_honoured_in_every_form(asked):
    model = Mistral4Model(Mistral4Config(**SIZES, **asked)).eval()
    assert len(model.rotary_emb.inv_freq) == int(32 * 0.25) // 2
    assert model(input_ids=torch.arange(4, 12)[None])[0].isfinite().all()


def test_without_a_factor_the_slice_decides():
    model = Mistral4Model(Mistral4Config(**SIZES, rope_parameters=DEFAULT))
    assert len(model.rotary_emb.inv_freq) == 16 // 2


def test_a_factor_wider_than_the_slice_is_refused():
    with pytest.raises(Exception, match=r"ValueError: `partial_rotary_factor`.* from 0 to 0\.5.* is 0\.75"):
        Mistral4Config(**SIZES, rope_parameters=DEFAULT | {"partial_rotary_factor": 0.75})
