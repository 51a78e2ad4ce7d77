from ...modeling_flax_utils import sincos_at
from ...modeling_rope_utils import unscaled_rotary_width
