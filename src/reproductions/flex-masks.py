import torch

from transformers import LlamaConfig, LlamaModel


torch.compiler.set_stance("force_eager")  # flex attention would compile for a minute
sizes = {
    "hidden_size": 64,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "vocab_size": 50,
}
model = LlamaModel(LlamaConfig(**sizes)).eval()
mask = torch.zeros(1, 4, 6, 6).masked_fill(torch.ones(6, 6).triu(1).bool(), torch.finfo(torch.float32).min)
mask[:, 1, :, 0] = mask[:, 1, 0, 1]  # head 1 does not see the first token
mask[:, 1, 0, 0] = 0
found = {}
for name in ("eager", "flex_attention"):
    model.set_attn_implementation(name)
    with torch.no_grad():
        found[name] = model(torch.arange(6)[None], attention_mask=mask).last_hidden_state
error = (found["eager"] - found["flex_attention"]).abs().max().item()
print(f"flex attention under a mask of its own for each head is off by {error:.3f}")
assert error < 1e-4
