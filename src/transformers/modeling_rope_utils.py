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
        slices = {getattr(layer, "qk_rope_head_dim", None) for layer in self._distinct_layers(None)}
        if not hasattr(self, "partial_rotary_factor"):  # which a slice follows from, where a config has both
            for value in slices:
                self._validate_rotary_width("qk_rope_head_dim", value)
        if not rope_parameters:
            for key in ("rotary_dim", "partial_rotary_factor"):
                self._validate_rotary_width(key, getattr(self, key, None))
            return
        for layer_type in self.nested_rope_parameter_keys(rope_parameters) or [None]:
            parameters = rope_parameters if layer_type is None else rope_parameters[layer_type]
            if parameters is None:  # a layer type without RoPE
                continue
            if "partial_rotary_factor" in parameters and parameters["partial_rotary_factor"] is None:
                parameters.pop("partial_rotary_factor")
            self._check_table_fits_slice(parameters, layer_type)
            whole = None if slices - {None} else 1.0  # a slice is as wide as its own key says
            self._validate_rotary_width(
                "partial_rotary_factor", parameters.get("partial_rotary_factor", whole), layer_type
            )

    def _validate_rotary_width(
        self: "PreTrainedConfig", key: str, value: float | int | None, layer_type: str | None = None
    ) -> None:
        """
        Refuse a rotary width that does not fit the head, and warn of one that has room for no pair of channels. Where
        `value` is None, the config has no such key.

        Args:
            key: `partial_rotary_factor`, a share of the head, or `rotary_dim` or `qk_rope_head_dim`, channels.
            layer_type: the layers that it holds for; None for all.

        Raises:
            ValueError: names the key, its value and the range.
        """
        if value is None:
            return
        head_dims = self._head_dims(layer_type)
        limit = {"partial_rotary_factor": 1, "rotary_dim": min(head_dims, default=float("inf"))}.get(key, float("inf"))
        if not isinstance(value, (int, float)) or not 0 <= value <= limit:
            raise ValueError(f"`{key}` must be a number from 0 to {limit}, but is {value!r}")
        if key == "partial_rotary_factor":
            left = [f"one of {head_dim} channels" for head_dim in head_dims if int(head_dim * value) == 1]
        else:
            left = ["one channel of a head"] if value == 1 else []
        if left:
            logger.warning(
                f"`{key}`={value} leaves {left[0]} to RoPE, which is no pair: nothing is rotated and positions have "
                "no effect"
            )

    def _check_table_fits_slice(
        self: "PreTrainedConfig", rope_parameters: RopeParameters | dict[str, Any], layer_type: str | None
    ) -> None:
        """
        Refuse the proportional rope type, whose table is as wide as the head, where RoPE turns a narrower slice that
        is cut off for it.

        Raises:
            ValueError: names the rope type and both widths.
        """
        factor = rope_parameters.get("partial_rotary_factor")
        if rope_parameters.get("rope_type") != "proportional" or factor in (None, 1):
            return
        widths = {getattr(layer, "qk_rope_head_dim", None) for layer in self._distinct_layers(layer_type)} - {None}
        head_dims = set(self._head_dims(layer_type))
        if widths - head_dims:
            raise ValueError(
                f"`rope_type`='proportional' needs a slice for RoPE as wide as the head, {head_dims} channels, but "
                f"`qk_rope_head_dim` is {widths}"
            )

    def _head_dims(self: "PreTrainedConfig", layer_type: str | None) -> list[int]:
        """
        The widths of heads, of the layers of one type or of all; none where the config does not say.
        """
        head_dims = []
        for layer in self._distinct_layers(layer_type):
            head_dim = getattr(layer, "head_dim", None)
            if head_dim is None and isinstance(getattr(layer, "num_attention_heads", None), int):
                head_dim = layer.hidden_size // layer.num_attention_heads
            if isinstance(head_dim, int):
                head_dims.append(head_dim)
        return head_dims

    def _distinct_layers(self: "PreTrainedConfig", layer_type: str | None) -> list["PreTrainedConfig"]:
        """
        Configs that widths can be read from: one for each layer, of one type or of all, where layers differ.
        """
        if not self.is_heterogeneous:
            return [self]
        if layer_type is None:
            return list(self.per_layer_config)
        layers = enumerate(self.per_layer_config)
        return [layer for index, layer in layers if self.layer_types[index] == layer_type]

    def _whole_sections(self: "PreTrainedConfig", sections: list[int], pairs: int) -> list[int]:
        """
        The sections by which the axes of a position (time, height, width) divide the pairs of a head among them.

        Args:
            pairs: how many there are.

        Raises:
            ValueError: the sections hold more pairs, or fewer; names the key, its value and the sum that fits.
        """
        if sum(sections) != pairs:
            raise ValueError(f"`mrope_section`={sections} must sum to the {pairs} pairs of the rotary width")
        return sections

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


class RotaryEmbeddingMixin:
    """
    What rotary modules have in common: a table of frequencies is never cast to a type narrower than float32. What a
    frequency is off by, an angle is off by a position's number of times.
    """

    def _apply(self, fn, recurse=True):
        """
        What `to`, `half` and their kin do to every tensor. A table follows to another device and to a wider type, and
        comes back to float32 where others are narrower. A complex table stays complex: a real one has no sines.
        """
        tables = {
            name: table
            for name, table in self.named_buffers(recurse=False)
            if table.is_complex() or (name.endswith("inv_freq") and table.is_floating_point())
        }
        super()._apply(fn, recurse)
        for name, table in tables.items():
            cast = getattr(self, name)
            narrower = torch.finfo(cast.dtype).bits < min(32, torch.finfo(table.dtype).bits)
            if narrower or cast.is_complex() != table.is_complex():
                dtype = table.dtype if table.is_complex() else torch.float32
                setattr(self, name, table.to(cast.device, dtype))
        return self
