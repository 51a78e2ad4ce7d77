class EfficientLoFTRConfig:
    def _rotary_width(self, key: str, value: float, head_dim: int) -> int:
        """
        The number of channels of a head that a factor gives to RoPE. In this model, one rotation spans all heads, and
        its pairs alternate between rows and columns.

        Raises:
            ValueError: names the key, its value and the value that gives `hidden_size / 4` frequencies.
        """
        # This form also refuses NaN and values that are not numbers
        if not isinstance(value, (int, float)) or head_dim * value // 2 * 4 != self.hidden_size:
            raise ValueError(
                f"`{key}`={value!r} must be {self.hidden_size / (2 * head_dim):g}, and "
                f"`hidden_size`={self.hidden_size} a multiple of 4: rows and columns turn half of all channels each"
            )
        return int(head_dim * value)
