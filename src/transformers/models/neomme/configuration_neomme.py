import math


class NeoMMEConfig:
    def _validate_rotary_dims(self) -> None:
        """
        Check the base of each layer type. Rows and columns alternate over any number of pairs, so the rotary width is
        checked as in any config.

        Raises:
            ValueError: a base is not a finite positive number; names the key and its value.
        """
        for layer_type in sorted(set(self.layer_types)):
            base = self.rope_parameters[layer_type]["rope_theta"]
            if isinstance(base, bool) or not isinstance(base, (int, float)) or not 0 < base < math.inf:
                raise ValueError(f"`rope_theta` of {layer_type!r} must be finite and positive, but is {base!r}")
