from ...modeling_rope_utils import unscaled_rotary_width
