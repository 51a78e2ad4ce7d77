from ...modeling_rope_utils import require_position_embeddings
