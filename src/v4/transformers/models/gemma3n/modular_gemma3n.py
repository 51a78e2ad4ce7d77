from ...modeling_rope_utils import ignores_position_ids
