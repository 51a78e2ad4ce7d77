class Mistral4Config:
    def validate_rotary_slice(self):
        """
        Part of `@strict`-powered validation: the factor is a share of the whole head, and the table must fit the
        slice.

        Raises:
            ValueError: `partial_rotary_factor` gives more channels than `qk_rope_head_dim`.
        """
        share = self.rope_parameters.get("partial_rotary_factor", 1.0)
        if int(self.head_dim * share) > self.qk_rope_head_dim:
            raise ValueError(
                f"`partial_rotary_factor` must be from 0 to {self.qk_rope_head_dim / self.head_dim}, the share "
                f"of `qk_rope_head_dim`={self.qk_rope_head_dim} in heads of {self.head_dim} channels, but is {share!r}"
            )
