"""The search for RoPE code in an upstream release, and the edit or the exemption that explains each definition."""
