import torch

from transformers import PhimoeConfig
from transformers.models.phimoe.modeling_phimoe import PhimoeRotaryEmbedding


longrope = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0] * 8, "long_factor": [4.0] * 8}
longrope |= {"short_mscale": 1.0, "long_mscale": 1.0, "original_max_position_embeddings": 64}
config = PhimoeConfig(hidden_size=64, num_attention_heads=4, max_position_embeddings=256, rope_parameters=longrope)
rope = PhimoeRotaryEmbedding(config)
cos = rope(torch.zeros(1), torch.arange(200)[None])[0]
angle = float(torch.acos(cos[0, 1, 0].double()))
print(f"position 1 of 200 turns pair 0 by {angle:.3f}; the long factor asks for {1 / 4}")
assert abs(angle - 1 / 4) < 1e-3
