import torch

from transformers import LlamaConfig, LlamaModel


sizes = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "vocab_size": 50,
}
model = LlamaModel(LlamaConfig(**sizes, attn_implementation="eager")).eval()
seen = torch.ones(1, 1, 6, 6, dtype=torch.bool).tril()
ids = torch.arange(6)[None]
with torch.no_grad():
    right = model(ids).last_hidden_state
    found = {form: model(ids, attention_mask=seen.to(form)).last_hidden_state for form in (torch.bool, torch.long)}
for form, outputs in found.items():
    print("a causal 4D mask of", form, "as none:", torch.allclose(outputs, right, atol=1e-5))
assert all(torch.allclose(outputs, right, atol=1e-5) for outputs in found.values())
