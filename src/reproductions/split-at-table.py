import torch

from transformers import PhiConfig, PhiModel


scaling = {"rope_type": "proportional", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}
sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "vocab_size": 50}
config = PhiConfig(**sizes, num_attention_heads=4, rope_parameters=scaling)
output = PhiModel(config)(torch.arange(8)[None])
print("a table of whole heads gives", tuple(output.last_hidden_state.shape))
assert output.last_hidden_state.shape == (1, 8, 32)
