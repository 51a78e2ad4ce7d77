# What the rewrite beside this file uses
from ...modeling_rope_utils import partial_rotary_width
