import torch

# Imports for the rewrites in the .yml next to this file
from ...modeling_rope_utils import RotaryEmbeddingMixin, cosines_and_sines_at
