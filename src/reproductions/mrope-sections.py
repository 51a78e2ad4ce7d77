from transformers import Qwen2VLTextConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLRotaryEmbedding


rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 2, 2]}
config = Qwen2VLTextConfig(hidden_size=64, num_attention_heads=4, rope_parameters=rope)
try:
    Qwen2VLRotaryEmbedding(config)
except ValueError as error:
    print("8 pairs, and sections of 6 pairs, are refused:", error)
else:
    raise AssertionError("sections of 6 pairs are accepted for 8 pairs")
