class EfficientLoFTRConfig:
    def _validate_rotary_width(self, key: str, value: float | None, layer_type: str | None = None) -> None:
        """
        Refuse a factor that does not give `hidden_size / 4` frequencies: in this model, one rotation spans all heads,
        and its pairs alternate between rows and columns.

        Raises:
            ValueError: names the key, its value and the value that fits.
        """
        if value is None:
            return
        head_dim = self.hidden_size // self.num_attention_heads
        # This form also refuses NaN and values that are not numbers
        if not isinstance(value, (int, float)) or head_dim * value // 2 * 4 != self.hidden_size:
            raise ValueError(
                f"`{key}`={value!r} must be {self.hidden_size / (2 * head_dim):g}, and "
                f"`hidden_size`={self.hidden_size} a multiple of 4: rows and columns turn half of all channels each"
            )
