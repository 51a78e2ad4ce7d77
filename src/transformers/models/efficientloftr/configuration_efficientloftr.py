class EfficientLoFTRConfig:
    def _validate_rotary_width(self, key: str, value: float | None, layer_type: str | None = None) -> None:
        """
        Refuse a share of the head that does not make a quarter of `hidden_size` frequencies: here a single rotation
        spans all heads, and rows and columns take turns at its pairs.

        Raises:
            ValueError: names the key, its value and the one that fits.
        """
        if value is None:
            return
        head_dim = self.hidden_size // self.num_attention_heads
        # So written, what is no number at all is refused, too
        if not isinstance(value, (int, float)) or head_dim * value // 2 * 4 != self.hidden_size:
            raise ValueError(
                f"`{key}`={value!r} must be {self.hidden_size / (2 * head_dim):g}, and "
                f"`hidden_size`={self.hidden_size} a multiple of 4: rows and columns turn half of all channels each"
            )
