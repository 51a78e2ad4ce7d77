import torch

from transformers import GlmImageConfig, GlmImageForConditionalGeneration


with torch.device("meta"):
    model = GlmImageForConditionalGeneration(GlmImageConfig())
sizes = torch.tensor([[1, 2, 2], [1, 4, 4], [1, 6, 6]])  # two images in the first row, one in the second
inputs = {"image_grid_thw": sizes, "images_per_sample": torch.tensor([2, 1])}
_, inputs = model._expand_inputs_for_generation(2, input_ids=torch.zeros(2, 3, dtype=torch.long), **inputs)
heights = inputs["image_grid_thw"][:, 1].tolist()
print("heights of images, row by row, for two answers to each row:", heights)
assert heights == [2, 4, 2, 4, 6, 6]
