from ...modeling_rope_utils import RotaryEmbeddingMixin, get_rotary_ndims
