from ...modeling_rope_utils import rope_config_validation


class ChameleonConfig:
    def _rope_scaling_validation(self):
        """
        Check the rope type, under either of its keys, and its parameters; attention reads `type`.

        Raises:
            ValueError: attention has no such type.
        """
        if self.rope_scaling is None:
            return
        rope_type = self.rope_scaling.get("rope_type", self.rope_scaling.get("type", "default"))
        if rope_type not in ("default", "linear", "dynamic"):
            raise ValueError(
                f"`rope_scaling`'s `rope_type` may be 'default', 'linear' or 'dynamic', but is {rope_type!r}"
            )
        rope_config_validation(self)
        self.rope_scaling = None if rope_type == "default" else self.rope_scaling | {"type": rope_type}
