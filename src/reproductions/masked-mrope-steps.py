import torch

from transformers import DynamicCache, Qwen2VLConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLModel


with torch.device("meta"):
    model = Qwen2VLModel(Qwen2VLConfig())
model.rope_deltas = torch.tensor([[0]])
cache = DynamicCache()
cache.update(torch.zeros(1, 1, 5, 2), torch.zeros(1, 1, 5, 2), 0)
step = {"input_ids": torch.tensor([[1]]), "inputs_embeds": torch.zeros(1, 1, 8), "past_key_values": cache}
positions = model.compute_3d_position_ids(**step, attention_mask=torch.ones(1, 6))
print("positions of the token after 5 cached ones:", positions.tolist())
assert positions.tolist() == [[[5]]] * 3
