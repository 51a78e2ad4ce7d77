# Imports for the rewrites in the .yml next to this file
from ...modeling_rope_utils import partial_rotary_width
