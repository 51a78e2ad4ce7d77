import torch

from transformers import Ministral3Config, Ministral3Model


sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "vocab_size": 50, "head_dim": 8}
rope = {"rope_type": "default", "rope_theta": 10000.0}
config = Ministral3Config(**sizes, num_attention_heads=4, num_key_value_heads=4, rope_parameters=rope)
output = Ministral3Model(config)(torch.arange(8)[None])
print("without llama_4_scaling_beta:", tuple(output.last_hidden_state.shape))
assert output.last_hidden_state.shape == (1, 8, 32)
