# What the rewrites beside this file use
from ...modeling_rope_utils import rotary_width
