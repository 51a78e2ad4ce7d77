from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding


config = LlamaConfig(hidden_size=64, num_attention_heads=4, partial_rotary_factor=0.5)
table = LlamaRotaryEmbedding(config).inv_freq
print("half of 16 channels have", len(table), "frequencies")
assert len(table) == 4
