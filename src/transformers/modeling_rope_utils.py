class RotaryEmbeddingConfigMixin:
    def validate_rope(self: "PreTrainedConfig") -> None:
        """
        Check the RoPE parameters, those of each layer type where they are nested, and the rotary width that they ask
        for. Configs without RoPE parameters may state the width themselves, as a number of channels (GPT-J's
        `rotary_dim`) or as a share of the head (`partial_rotary_factor`).

        Raises:
            KeyError: a parameter that the rope type needs is missing.
            ValueError: the rotary width is no number, or does not fit the head.
        """
        rope_parameters = getattr(self, "rope_parameters", None) or {}
        nested_keys = self.nested_rope_parameter_keys(rope_parameters)
        for parameters in [rope_parameters[key] for key in nested_keys] or [rope_parameters or None]:
            if parameters is None:  # no RoPE, in this layer type or at all
                continue
            rope_type = parameters.setdefault("rope_type", parameters.get("type", "default"))
            validation_fn = getattr(self, f"_validate_{rope_type}_rope_parameters", None)
            if validation_fn is None:
                logger.warning(f"There is no validation for `rope_type`={rope_type!r}: its parameters go unchecked")
            else:
                validation_fn(parameters, ignore_keys=self.ignore_keys_at_rope_validation)
        self._validate_rotary_widths()

    def _validate_rotary_widths(self: "PreTrainedConfig") -> None:
        """
        Check every rotary width that the config asks for, and take out a factor of None: it is optional, and stands
        for the whole head. A class without `@strict` is asked for this alone.

        Raises:
            ValueError: a rotary width is no number, or does not fit the head.
        """
        rope_parameters = getattr(self, "rope_parameters", None)
        if not rope_parameters:
            for key in ("rotary_dim", "partial_rotary_factor"):
                self._validate_rotary_width(key, getattr(self, key, None))
            return
        nested_keys = self.nested_rope_parameter_keys(rope_parameters)
        for parameters in [rope_parameters[key] for key in nested_keys] or [rope_parameters]:
            if parameters is None:  # a layer type without RoPE
                continue
            if parameters.get("partial_rotary_factor", 1.0) is None:
                parameters.pop("partial_rotary_factor")
            self._validate_rotary_width("partial_rotary_factor", parameters.get("partial_rotary_factor", 1.0))

    def _validate_rotary_width(self: "PreTrainedConfig", key: str, value: float | int | None) -> None:
        """
        Refuse a rotary width that does not fit the head, and warn of one that has room for no pair of channels. Where
        `value` is None, the config has no such key.

        Raises:
            ValueError: names the key, its value and the range.
        """
        if value is None:
            return
        head_dim = None
        if not self.is_heterogeneous:  # where layers differ, `head_dim` can't be read for all of them
            head_dim = getattr(self, "head_dim", None)
            if head_dim is None and isinstance(getattr(self, "num_attention_heads", None), int):
                head_dim = self.hidden_size // self.num_attention_heads

        limit = head_dim if key == "rotary_dim" else 1
        if not isinstance(value, (int, float)) or not 0 <= value <= (float("inf") if limit is None else limit):
            raise ValueError(f"`{key}` must be a number from 0 to {limit}, but is {value!r}")
        if isinstance(head_dim, int) and (value if key == "rotary_dim" else int(head_dim * value)) == 1:
            logger.warning(
                f"`{key}`={value} leaves one of {head_dim} channels to RoPE, which is no pair: nothing is rotated and "
                "positions have no effect"
            )

    def _check_context_length(
        self: "PreTrainedConfig", rope_parameters: RopeParameters | dict[str, Any] | None
    ) -> None:
        """
        Refuse a rope type that scales by the context length where the config has none.

        Raises:
            ValueError: names the rope type and the key that the config lacks.
        """
        rope_type = (rope_parameters or {}).get("rope_type")
        if rope_type in ("dynamic", "yarn", "longrope", "llama3") and not hasattr(self, "max_position_embeddings"):
            raise ValueError(
                f"`rope_type`={rope_type!r} scales by the context length, but {type(self).__name__} has no "
                "`max_position_embeddings`"
            )
