import torch
from torch.nn.attention.flex_attention import flex_attention

from transformers.integrations import flex_attention as flex


flex.compile_friendly_flex_attention = lambda q, k, v, training, **others: flex_attention(q, k, v, **others)
q, k, v = torch.randn(3, 1, 2, 4, 8)  # [batch, heads, positions, head_dim] each
itself = torch.eye(4).log()  # 0 on the diagonal, minus infinity elsewhere
mask = torch.stack([torch.zeros(4, 4), itself])[None]  # the second head sees each token alone
output, _ = flex.flex_attention_forward(torch.nn.Module().eval(), q, k, v, mask)
alone = torch.allclose(output[:, :, 1], v[:, 1])
print("the second head attends as its mask says, each token to itself alone:", alone)
assert alone
