# What the rewrites beside this file use
from ...modeling_rope_utils import partial_rotary_width
