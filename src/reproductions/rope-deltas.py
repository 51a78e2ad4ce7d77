import torch

from transformers import Qwen2VLConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLModel


with torch.device("meta"):
    model = Qwen2VLModel(Qwen2VLConfig())
model.rope_deltas = torch.tensor([[-7]])  # an earlier request with an image left it
positions = model.compute_3d_position_ids(input_ids=None, inputs_embeds=torch.zeros(1, 4, 8))
print("positions of a new request of four tokens:", "from 0" if positions is None else positions[0].tolist())
assert positions is None
