"""A pass does not write into its inputs."""

import torch
from transformers.models.moonshine_streaming.modeling_moonshine_streaming import MoonshineStreamingDecoder

from transformers import MoonshineStreamingConfig


def test_a_decoder_does_not_write_into_the_states_of_the_encoder():
    config = MoonshineStreamingConfig(
        vocab_size=32, hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=4, max_position_embeddings=32, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        encoder_config={"hidden_size": 32},
    )  # fmt: skip
    decoder = MoonshineStreamingDecoder(config).eval()
    states = torch.linspace(-1, 1, 5 * 32).reshape(1, 5, 32)
    given = states.clone()
    passes = [decoder(input_ids=torch.arange(4, 8)[None], encoder_hidden_states=given)[0] for _ in range(2)]
    assert torch.equal(given, states)
    assert torch.equal(*passes)
