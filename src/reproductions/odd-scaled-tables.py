from transformers import GPTNeoXConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS


linear = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0, "partial_rotary_factor": 0.75}
config = GPTNeoXConfig(hidden_size=32, num_attention_heads=8, rope_parameters=linear)
table = ROPE_INIT_FUNCTIONS["linear"](config)[0]
print("3 rotating channels of 4 have", len(table), "frequencies; they hold one pair")
assert len(table) == 1
