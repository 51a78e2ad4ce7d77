from .integrations.ggml import add_gguf_rope_parameters
