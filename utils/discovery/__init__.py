"""Coverage: every RoPE definition of an upstream release, and the edit that reaches it or why none needs to."""
