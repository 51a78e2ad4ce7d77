import torch

from transformers import Qwen2VLTextConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLTextModel


torch.manual_seed(0)
rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "vocab_size": 50}
config = Qwen2VLTextConfig(**sizes, num_attention_heads=2, num_key_value_heads=2, rope_parameters=rope)
model, positions = Qwen2VLTextModel(config).eval(), torch.tensor([[0, 1, 0, 1]])  # two packed rows of two tokens
tokens = (torch.tensor([[1, 2, 3, 4]]), torch.tensor([[5, 6, 3, 4]]))
one, two = (model(row, position_ids=positions, use_cache=False).last_hidden_state[0, 2:] for row in tokens)
difference = float((one - two).abs().max())
print(f"another first row changes the second row by {difference:.6f}")
assert difference == 0
