import torch

from transformers import Qwen2VLConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLModel


with torch.device("meta"):
    model = Qwen2VLModel(Qwen2VLConfig())
kinds = torch.tensor([[2] * 8 + [0]])  # 8 frames of one token, then text
grid = torch.tensor([[8, 2, 2]])  # frames, height, width in patches; a token has 2 x 2
positions, _ = model.get_rope_index(torch.zeros(1, 9, dtype=torch.long), kinds, video_grid_thw=grid)
print("time of the video's tokens and of the text:", positions[0, 0].tolist())
assert positions[0, 0, -1] == positions[:, 0, :8].max() + 1
