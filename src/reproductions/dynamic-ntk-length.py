import torch

from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding


dynamic = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}
config = LlamaConfig(hidden_size=64, num_attention_heads=4, max_position_embeddings=64, rope_parameters=dynamic)


def table(rope, length):
    return rope(torch.zeros(1), torch.arange(length)[None])[0]


alone, after_a_longer_one = LlamaRotaryEmbedding(config), LlamaRotaryEmbedding(config)
table(after_a_longer_one, 128)
difference = float((table(alone, 96) - table(after_a_longer_one, 96)).abs().max())
print(f"cosines of 96 tokens, alone and after a batch of 128, differ by {difference:.3f}")
assert difference == 0
