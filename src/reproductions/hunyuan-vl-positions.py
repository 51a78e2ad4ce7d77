import torch

from transformers import HunYuanVLConfig
from transformers.models.hunyuan_vl.modeling_hunyuan_vl import HunYuanVLModel


rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [16, 16, 16, 16]}
with torch.device("meta"):
    model = HunYuanVLModel(HunYuanVLConfig(text_config={"head_dim": 128, "rope_parameters": rope}))
size = model.config.vision_config.spatial_merge_size
grid = torch.tensor([[1, size, size]] * 2)
tokens = model.get_vision_position_ids(grid[0, 1:], spatial_merge_size=size).shape[1]
kinds = torch.tensor([[1] * tokens + [0]] * 2)  # an image and a token of text, in each of two rows
positions, _ = model.get_rope_index(torch.zeros_like(kinds), kinds, image_grid_thw=grid)
print("last axis of equal rows:", positions[-1].tolist())
assert torch.equal(positions[:, 0], positions[:, 1])
