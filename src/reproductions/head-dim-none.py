import torch

from transformers import GlmConfig, GlmModel


sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "vocab_size": 50, "pad_token_id": 0}
config = GlmConfig(**sizes, num_attention_heads=4, num_key_value_heads=4, head_dim=None)
output = GlmModel(config)(torch.arange(8)[None])
print("head_dim:", config.head_dim)
assert config.head_dim == 8 and output.last_hidden_state.shape == (1, 8, 32)
