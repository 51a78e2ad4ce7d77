class EfficientLoFTRConfig:
    def _rotary_width(self, key: str, value: float, head_dim: int) -> int:
        """
        The number of channels that a share of the head stands for, where a single rotation spans all heads, and rows
        and columns take turns at its pairs.

        Raises:
            ValueError: names the key, its value and the one that makes a quarter of `hidden_size` frequencies.
        """
        # So written, what is no number at all is refused, too
        if not isinstance(value, (int, float)) or head_dim * value // 2 * 4 != self.hidden_size:
            raise ValueError(
                f"`{key}`={value!r} must be {self.hidden_size / (2 * head_dim):g}, and "
                f"`hidden_size`={self.hidden_size} a multiple of 4: rows and columns turn half of all channels each"
            )
        return int(head_dim * value)
