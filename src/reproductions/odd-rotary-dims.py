import torch

from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXConfig, GPTNeoXRotaryEmbedding, apply_rotary_pos_emb


config = GPTNeoXConfig(hidden_size=32, num_attention_heads=8, rotary_pct=0.75)
q = torch.ones(1, 8, 1, 4)  # [batch, heads, positions, head_dim]
cos, sin = GPTNeoXRotaryEmbedding(config)(q, position_ids=torch.tensor([[5]]))
changed = (apply_rotary_pos_emb(q, q, cos, sin)[0] != q)[0, 0, 0].nonzero().flatten().tolist()
print("3 of 4 channels shall rotate; position 5 changes channels", changed)
assert changed == [0, 1]
