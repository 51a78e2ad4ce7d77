# The rewrites in the .yml next to this file use the last two
from ...modeling_rope_utils import ROPE_INIT_FUNCTIONS, cosines_and_sines_at, dynamic_rope_update


class PhimoeRotaryEmbedding:
    def __init__(self, config: PhimoeConfig, device=None):
        super().__init__()
        scaling = config.rope_scaling or {}
        self.config = config
        self.rope_type = scaling.get("rope_type", scaling.get("type", "default"))
        self.short_mscale = scaling.get("short_mscale")
        self.long_mscale = scaling.get("long_mscale")
        self.max_seq_len_cached = config.max_position_embeddings
        self.original_max_seq_len = config.max_position_embeddings
        self.rope_init_fn = ROPE_INIT_FUNCTIONS[self.rope_type]
        inv_freq, self.attention_scaling = self.rope_init_fn(config, device)
        self.register_buffer("inv_freq", inv_freq, persistent=False)
        self.original_inv_freq = self.inv_freq
