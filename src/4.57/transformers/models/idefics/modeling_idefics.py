import torch

# The rewrites beside this file use these
from ...modeling_rope_utils import RotaryEmbeddingMixin, cosines_and_sines_at
