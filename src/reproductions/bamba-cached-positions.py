import torch

from transformers import BambaConfig, BambaModel


sizes = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2}
mamba = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_n_groups": 1, "mamba_d_state": 8, "mamba_chunk_size": 8}
config = BambaConfig(**sizes, **mamba, num_hidden_layers=2, attn_layer_indices=[1], vocab_size=50)
model, tokens, tables = BambaModel(config).eval(), torch.arange(9)[None], []
model.rotary_emb.register_forward_hook(lambda module, inputs, output: tables.append(output[0]))
cache = model(tokens[:, :8], use_cache=True).past_key_values
model(tokens[:, 8:], past_key_values=cache)
expected = model.rotary_emb(torch.zeros(1), torch.tensor([[8]]))[0]
difference = float((tables[1] - expected).abs().max())
print(f"cosines of the token after 8 cached ones differ from those of position 8 by {difference:.3f}")
assert difference < 1e-5
