import torch

from transformers import LlamaConfig, LlamaModel


sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 8}
model = LlamaModel(LlamaConfig(**sizes, attn_implementation="eager"))
itself = torch.eye(4, dtype=torch.bool)[None, None]  # each token sees itself alone
tokens, changed = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[1, 2, 3, 5]])
before, after = (model(x, attention_mask=itself)[0][:, :3] for x in (tokens, changed))
print("the mask closes the last token to the others; their outputs depend on it:", not torch.equal(before, after))
assert torch.equal(before, after)
