import torch

from transformers import SeamlessM4TConfig
from transformers.models.seamless_m4t.modeling_seamless_m4t import SeamlessM4TConformerRotaryPositionalEmbedding


rope = SeamlessM4TConformerRotaryPositionalEmbedding(SeamlessM4TConfig())
rope(torch.zeros(1, 8, 16, dtype=torch.bfloat16))
table = rope(torch.zeros(1, 8, 16))
print("the table of float32 states, after a batch in bfloat16, has the type", table.dtype)
assert table.dtype == torch.float32
