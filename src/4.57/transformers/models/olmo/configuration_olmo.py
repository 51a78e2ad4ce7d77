from ...modeling_rope_utils import rope_config_validation


class OlmoConfig:
    def _rope_scaling_validation(self):
        """
        Check the parameters of the rope type.
        """
        rope_config_validation(self)
