from ...modeling_rope_utils import RotaryEmbeddingMixin
