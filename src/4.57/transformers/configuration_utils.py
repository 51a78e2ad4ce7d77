import inspect


class PretrainedConfig:
    @classmethod
    def _read_newer_rope_keys(cls, config_dict: dict[str, Any]) -> dict[str, Any]:
        """
        Add to a config dict of Transformers 5 the 4.x keys of the class for base, factor and scaling, from its
        `rope_parameters`. Keys that the dict already states stay.
        """
        from .models.auto.configuration_auto import CONFIG_MAPPING

        config_dict = dict(config_dict)
        for key, value in config_dict.items():
            if isinstance(value, dict) and "model_type" in value:
                part = cls.sub_configs.get(key)
                if not hasattr(part, "_read_newer_rope_keys") and value["model_type"] in CONFIG_MAPPING:
                    part = CONFIG_MAPPING[value["model_type"]]
                if hasattr(part, "_read_newer_rope_keys"):
                    config_dict[key] = part._read_newer_rope_keys(value)
        rope_parameters = config_dict.get("rope_parameters")
        is_own = cls.__module__.startswith("transformers.")
        if not (is_own and rope_parameters and isinstance(rope_parameters, dict)):
            return config_dict
        taken = inspect.signature(cls.__init__).parameters
        sliding = {}
        by_layer_type = {key: value for key, value in rope_parameters.items() if isinstance(value, dict)}
        if by_layer_type:
            sliding = by_layer_type.get("sliding_attention", {})
            rope_parameters = by_layer_type.get("full_attention", {})
        flat = ("rope_theta", "partial_rotary_factor")
        scaling = {key: value for key, value in rope_parameters.items() if key not in flat}
        if all(key in ("rope_type", "type") and value == "default" for key, value in scaling.items()):
            scaling = None
        read = {
            ("rope_theta", "rotary_emb_base", "global_rope_theta"): rope_parameters.get("rope_theta"),
            ("rope_local_base_freq", "local_rope_theta"): sliding.get("rope_theta"),
            ("partial_rotary_factor", "rotary_pct"): rope_parameters.get("partial_rotary_factor"),
            ("rope_scaling",): copy.deepcopy(scaling),
        }
        added = {}
        for keys, value in read.items():
            key = next((key for key in keys if key in taken), keys[0])
            # Layers with a sliding window have no base of their own
            if key == "rope_local_base_freq" and key not in taken:
                continue
            # None has a meaning only if the class scales by default
            says = value is not None or (key == "rope_scaling" and key in taken and taken[key].default is not None)
            if says and config_dict.get(key) is None and not (key == "rope_scaling" and key in config_dict):
                added[key] = value
        if added:
            logger.warning_once(
                f"`rope_parameters`, as Transformers 5 writes them, are read as {added} in {cls.__name__}. Releases "
                "up to 4.57.6 ignored them."
            )
        return config_dict | added
