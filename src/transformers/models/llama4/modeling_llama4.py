from ...modeling_rope_utils import get_rotary_ndims
