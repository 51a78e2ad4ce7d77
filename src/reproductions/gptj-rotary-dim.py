import torch

from transformers import GPTJConfig, GPTJModel


config = GPTJConfig(n_embd=32, n_head=4, n_layer=1, n_positions=16, vocab_size=50, rotary_dim=None)
output = GPTJModel(config)(torch.arange(8)[None])
print("heads of 8 channels give", tuple(output.last_hidden_state.shape))
assert output.last_hidden_state.shape == (1, 8, 32)
