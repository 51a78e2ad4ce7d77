import copy
import math
import re
from contextlib import suppress
from functools import partial


def get_rotary_ndims(
    config: "PreTrainedConfig",
    rope_parameters: "RopeParameters | dict[str, Any]",
    head_dim: int | None = None,
    ignored_before: bool = False,
) -> int:
    """
    The number of channels of a head that RoPE rotates: the share that `partial_rotary_factor` says, and all of them
    where it says nothing. A config may point `head_dim` at the slice that is cut off for RoPE (`qk_rope_head_dim`).
    All of the slice rotates, since a factor beside it describes the head that the slice is cut from.

    Args:
        rope_parameters: those of the layers in question.
        head_dim: channels of a head, where the config does not say so by `head_dim`.
        ignored_before: whether releases up to 5.23 ignored the factor here. It is then warned of, once.
    """
    if head_dim is None:
        head_dim = getattr(config, "head_dim", None)
    if head_dim is None:
        head_dim = config.hidden_size // config.num_attention_heads
    factor = rope_parameters.get("partial_rotary_factor")
    if factor is None or head_dim == getattr(config, "qk_rope_head_dim", None):
        return head_dim
    dim = int(head_dim * factor)
    if ignored_before and dim < head_dim:
        logger.warning_once(
            f"`partial_rotary_factor`={factor!r} rotates {dim} of the {head_dim} channels of a head of "
            f"{type(config).__name__}. Earlier releases ignored this key and rotated all of them. If the weights were "
            "trained that way, take the key out of the config or set it to 1.0."
        )
    return dim


class RotaryEmbeddingConfigMixin:
    def _is_own_class(self: "PreTrainedConfig") -> bool:
        """
        Whether the class is Transformers' own. Any other may give the keys that it shares meanings of its own.
        """
        return type(self).__module__.startswith("transformers.")

    def _knows_rope(self: "PreTrainedConfig") -> bool:
        """
        Whether the class, or that of the text in it, has a key of its own for RoPE. Any config may be given any key.
        """
        keys = ("rope_parameters", "rope_theta", "rotary_dim", "partial_rotary_factor", "qk_rope_head_dim")
        return any(hasattr(type(self), key) for key in keys) or self._has_text_with_rope()

    def _check(self: "PreTrainedConfig", check: Callable[..., None], *arguments: Any) -> None:
        """
        Run a check that refuses what no model can be built with. A class that is not Transformers' own may know
        better: it is warned. A class of a model without RoPE ignores the keys, and so does this check.

        Raises:
            ValueError: the check fails, and the class is Transformers' own.
        """
        if self._is_own_class() and not self._knows_rope():
            return
        try:
            check(*arguments)
        except Exception as error:
            if self._is_own_class():
                raise
            logger.warning(f"{type(self).__name__}: {error}")

    def _read_older_rope_keys(self: "PreTrainedConfig", kwargs: dict[str, Any]) -> dict[str, Any]:
        """
        Bring RoPE parameters of any older form to today's keys, before the class converts what is its own. The dicts
        that the caller gave stay as they are.

        Args:
            kwargs: what is left of the config's keywords.

        Raises:
            ValueError: there are scaling parameters and no `rope_type`.
        """
        self.rope_parameters = copy.deepcopy(self.rope_parameters)
        scaling = copy.deepcopy(kwargs.get("rope_scaling"))
        if "rope_scaling" in kwargs:
            kwargs["rope_scaling"] = scaling
        if not self._is_own_class():
            return kwargs
        for parameters in (self.rope_parameters, scaling):
            for one in self._each_rope_parameters(parameters):
                self._name_rope_type(one)
        if isinstance(scaling, dict) and scaling:
            # The base and the factor of the newer form stay, unless the older form states its own
            for key in ("rope_theta", "partial_rotary_factor"):
                if key not in kwargs and isinstance(self.rope_parameters, dict) and key in self.rope_parameters:
                    scaling.setdefault(key, self.rope_parameters[key])
        rotary_dim = kwargs.get("rotary_dim")
        if isinstance(rotary_dim, int) and (head_dims := self._head_dims(None)):
            kwargs.setdefault("partial_rotary_factor", rotary_dim / head_dims[0])
        return kwargs

    def _fill_in_flat_factor(self: "PreTrainedConfig", kwargs: dict[str, Any]) -> None:
        """
        A factor that stands beside RoPE parameters counts for each of them that has none of its own.
        """
        if self._is_own_class() and (factor := kwargs.get("partial_rotary_factor")) is not None:
            for parameters in self._each_rope_parameters(self.rope_parameters):
                parameters.setdefault("partial_rotary_factor", factor)

    def _each_rope_parameters(
        self: "PreTrainedConfig", rope_parameters: "RopeParameters | dict[str, Any] | None"
    ) -> list[dict[str, Any]]:
        """
        The dicts of RoPE parameters: one for each layer type that has its own, or the only one; none without RoPE.
        """
        if not isinstance(rope_parameters, dict) or not rope_parameters:
            return []
        nested_keys = self.nested_rope_parameter_keys(rope_parameters)
        parameters = [rope_parameters[key] for key in nested_keys] or [rope_parameters]
        return [one for one in parameters if isinstance(one, dict)]

    def _name_rope_type(self: "PreTrainedConfig", rope_parameters: dict[str, Any]) -> None:
        """
        Name the rope type by today's key and in today's words. `type` is the key of releases before 4.43, "su" is
        Phi-3's first name for LongRoPE, and "mrope" is Qwen2-VL's for the default type with sections.

        Raises:
            ValueError: there are scaling parameters and no rope type.
        """
        rope_type = rope_parameters.get("rope_type") or rope_parameters.get("type")
        if rope_type is None:
            scaling = {"factor", "short_factor", "long_factor", "low_freq_factor", "high_freq_factor"}
            if stated := sorted(scaling & rope_parameters.keys()):
                raise ValueError(
                    f"`rope_type` must be one of {self._known_rope_types()}, but is missing beside "
                    f"`{stated[0]}`={rope_parameters[stated[0]]!r}"
                )
            return
        rope_parameters["rope_type"] = {"su": "longrope", "mrope": "default"}.get(rope_type, rope_type)
        if rope_parameters.get("partial_rotary_factor", 1.0) is None:
            del rope_parameters["partial_rotary_factor"]  # which stands for the whole head

    def _known_rope_types(self: "PreTrainedConfig") -> list[str]:
        """
        The rope types that a model can be built with: those of all models, and those that the class checks itself.
        """
        own = [name for name in dir(type(self)) if not hasattr(RotaryEmbeddingConfigMixin, name)]
        checked = re.findall(r"\b_validate_(\w+)_rope_parameters\b", " ".join(own))
        return sorted({*ROPE_INIT_FUNCTIONS, "default", self.default_rope_type, *checked})

    def _pop_flat_rope_parameters(self: "PreTrainedConfig", kwargs: dict[str, Any]) -> dict[str, Any] | None:
        """
        Take RoPE parameters that are not nested from a config whose class nests them by layer type: `rope_scaling`,
        and `rope_parameters` that are written as flat as it.

        Returns:
            The parameters of the layers that the class scales, or None.
        """
        scaling = kwargs.pop("rope_scaling", None)
        if self.rope_parameters and not any(isinstance(value, dict) for value in self.rope_parameters.values()):
            if "rope_theta" in self.rope_parameters:  # which counts as one beside the dict does
                kwargs.setdefault("rope_theta", self.rope_parameters["rope_theta"])
            scaling = {**self.rope_parameters, **(scaling or {})}
            self.rope_parameters = None
        return scaling

    @staticmethod
    def _is_flat_rope_key(key: str) -> bool:
        """
        Whether a key is one of 4.x for a base, or for the share of the head that is rotated.
        """
        bases = ("rope_theta", "rotary_emb_base", "global_rope_theta", "local_rope_theta", "rope_local_base_freq")
        return key in (*bases, "partial_rotary_factor", "rotary_pct")

    def _config_with_rope(self: "PreTrainedConfig") -> "PreTrainedConfig":
        """
        The config whose RoPE parameters count: this one, or that of the text where a multimodal config has none.
        """
        if hasattr(type(self), "rope_parameters"):
            return self
        try:
            text_config = self.get_text_config()
        except ValueError:  # several parts read text
            return self
        return text_config if getattr(text_config, "rope_parameters", None) else self

    def _has_text_with_rope(self: "PreTrainedConfig") -> bool:
        """
        Whether this is the config of a multimodal model, whose RoPE parameters are those of the text in it.
        """
        return self._is_own_class() and self._config_with_rope() is not self

    def _leave_rope_to_text(self: "PreTrainedConfig", kwargs: dict[str, Any]) -> dict[str, Any]:
        """
        Take `rope_scaling` that stands beside the text's config, as 4.x writes all keys of the text a second time. It
        counts, as it does there, where the text states no scaling of its own.

        Args:
            kwargs: what is left of the config's keywords.
        """
        if not self._has_text_with_rope():
            return self.convert_rope_params_to_dict(**kwargs)
        scaling = kwargs.pop("rope_scaling")
        text_config = self._config_with_rope()
        stated = copy.deepcopy(scaling)
        self._name_rope_type(stated)
        rope_type = stated.setdefault("rope_type", "default")
        of_text = {one.get("rope_type") for one in text_config._each_rope_parameters(text_config.rope_parameters)}
        if rope_type not in {"default", *of_text}:
            counts = of_text == {"default"} and rope_type in ROPE_INIT_FUNCTIONS
            if counts:
                text_config.rope_scaling = scaling
            logger.warning_once(
                f"`rope_scaling` of {type(self).__name__}, {rope_type!r}, "
                + ("counts for the text in it" if counts else f"is ignored, since that of the text is {of_text}")
            )
        if "rope_theta" in kwargs:
            stated.setdefault("rope_theta", kwargs.pop("rope_theta"))
        self.rope_parameters = stated
        return kwargs

    def _hand_to_text(self: "PreTrainedConfig", text_config: "PreTrainedConfig", key: str, value: Any) -> None:
        """
        Set a key that is set on a multimodal config on the config of its text. A value of a form that the text's
        class does not take is ignored, as upstream ignores all of them.

        Raises:
            ValueError: a number is out of the range of its key.
        """
        try:
            setattr(text_config, key, value)
        except ValueError:
            raise
        except Exception as error:  # of the field's type
            logger.warning(f"`{key}`={value!r} of {type(self).__name__} is ignored, its text takes none: {error}")

    def _takes_rope_key(self: "PreTrainedConfig", key: str) -> bool:
        """
        Whether a key is one by which RoPE can be set on a finished config, of itself or of the text in it.
        """
        if not (self._is_flat_rope_key(key) or key in ("rope_scaling", "rope_parameters")):
            return False
        return self._is_own_class() and bool(getattr(self._config_with_rope(), "rope_parameters", None))

    def _override_rope_parameter(self: "PreTrainedConfig", key: str, value: Any) -> None:
        """
        A base or a factor that is set on a finished config counts where the class puts this key when a config is made:
        Gemma 3 reads `rope_theta` for its layers with full attention alone. None states nothing.

        Raises:
            ValueError: a base is no finite number above 0, or a factor is out of its range.
        """
        rope_parameters = getattr(self, "rope_parameters", None)
        if not self._is_flat_rope_key(key) or not rope_parameters or value is None:
            return
        if key not in ("partial_rotary_factor", "rotary_pct") and not self._is_positive(value):
            raise ValueError(f"`{key}` must be a finite number above 0, but is {value!r}")
        if self.nested_rope_parameter_keys(rope_parameters) and key in self.__dataclass_fields__:
            return  # the class reads its own field
        names = ("rope_theta", "partial_rotary_factor")
        bare = copy.deepcopy(rope_parameters)
        for one in self._each_rope_parameters(bare):
            for name in names:
                one.pop(name, None)
        self.__dict__["rope_parameters"] = bare
        self._fill_in_flat_factor(self.convert_rope_params_to_dict(**{key: value}) | {key: value})
        converted = self._each_rope_parameters(self.rope_parameters)
        self.__dict__["rope_parameters"] = rope_parameters
        stated = [{name: one[name] for name in names if name in one and one[name] == value} for one in converted]
        if any("partial_rotary_factor" in one for one in stated):
            self._check(self._validate_rotary_width, "partial_rotary_factor", value)
        for one, now in zip(self._each_rope_parameters(rope_parameters), stated, strict=True):
            one.update(now)

    def _completed_rope_parameters(self: "PreTrainedConfig", rope_parameters: Any) -> Any:
        """
        RoPE parameters that are set on a finished config, with the base and the rotary width that it has where they
        state none, and with their type by today's key. Those by layer type get what their layers have.
        """
        older = self.__dict__.get("rope_parameters")
        if not (isinstance(older, dict) and isinstance(rope_parameters, dict)):
            return rope_parameters
        nested = [key for key, value in rope_parameters.items() if isinstance(value, dict)]
        if nested:
            kinds = {key: (rope_parameters[key], older.get(key)) for key in nested}
            return rope_parameters | {kind: self._completed(*pair) for kind, pair in kinds.items()}
        return self._completed(rope_parameters, None if self.nested_rope_parameter_keys(older) else older)

    def _completed(
        self: "PreTrainedConfig", rope_parameters: dict[str, Any], older: dict[str, Any] | None
    ) -> dict[str, Any]:
        """
        The parameters of one kind of layers, completed from older ones where there are any. Scaling parameters
        without a type stay so: it may be set yet.
        """
        if not rope_parameters or older is None:
            return rope_parameters
        completed = rope_parameters | {
            key: older[key]
            for key in ("rope_theta", "partial_rotary_factor")
            if key in older and key not in rope_parameters
        }
        with suppress(ValueError):
            self._name_rope_type(completed)
            completed.setdefault("rope_type", "default")
        return completed

    def _rescaled_rope_parameters(self: "PreTrainedConfig", rope_scaling: dict[str, Any] | None) -> dict[str, Any]:
        """
        RoPE parameters of a finished config whose `rope_scaling` is set: those that are no scaling stay, which are the
        base, the rotary width, and the sections of the axes.
        """
        kept = ("rope_theta", "partial_rotary_factor", "mrope_section")
        older = self.rope_parameters or {}
        nested = self.nested_rope_parameter_keys(older)
        if nested:
            unscaled = {kind: {k: older[kind][k] for k in kept if k in older[kind]} for kind in nested if older[kind]}
        else:
            unscaled = {key: older[key] for key in kept if key in older}
        if any(isinstance(value, dict) for value in (rope_scaling or {}).values()):
            unscaled, rope_scaling = rope_scaling, None  # by layer type, as `rope_parameters` are
        self.__dict__["rope_parameters"] = unscaled
        kwargs = {} if rope_scaling is None else {"rope_scaling": rope_scaling}
        try:
            self.convert_rope_params_to_dict(**self._read_older_rope_keys(kwargs))
        except KeyError as error:
            self.__dict__["rope_parameters"] = older
            raise ValueError(f"`rope_scaling`={rope_scaling!r} must be a dict by layer type, of {nested}") from error
        return self.rope_parameters

    def _check_rope_parameters(
        self: "PreTrainedConfig", rope_parameters: "RopeParameters | dict[str, Any]", layer_type: str
    ) -> None:
        """
        Refuse parameters that no table can be made from.

        Raises:
            ValueError: names the key, its value and what is expected.
        """
        rope_type = rope_parameters["rope_type"]
        where = f" in {layer_type!r}" if layer_type in self.rope_parameters else ""
        if rope_type not in (known := self._known_rope_types()):
            raise ValueError(f"`rope_type` must be one of {known}, but is {rope_type!r}{where}")
        keys = ["rope_theta"] if "rope_theta" in rope_parameters else []
        if rope_type in ("linear", "dynamic", "llama3"):
            keys.append("factor")
        elif rope_type in ("yarn", "longrope", "proportional") and rope_parameters.get("factor") is not None:
            keys.append("factor")
        if rope_type in ("yarn", "longrope", "llama3"):
            keys.append("original_max_position_embeddings")
        wrong = [(key, "a finite number above 0") for key in keys if not self._is_positive(rope_parameters.get(key))]
        # Where one of these is missing, another check says so
        if rope_type == "llama3":
            limits = ("low_freq_factor", "high_freq_factor")
            wrong += [(key, "a number") for key in limits if not self._is_number(rope_parameters.get(key, 0))]
        elif rope_type == "yarn":
            limits = (key for key in ("beta_fast", "beta_slow") if rope_parameters.get(key) is not None)
            wrong += [(key, "a number") for key in limits if not self._is_number(rope_parameters[key])]
        elif rope_type == "longrope":
            lists = {key: rope_parameters.get(key) for key in ("short_factor", "long_factor")}
            for key, factors in lists.items():
                if isinstance(factors, (list, tuple)) and not all(map(self._is_number, factors)):
                    wrong.append((key, "a list of numbers"))
        for key, expected in wrong:
            message = f"`{key}` must be {expected}, but is {rope_parameters.get(key)!r}{where}"
            if self._turns_by_rope():
                raise ValueError(message)
            logger.warning(message)

    @staticmethod
    def _is_number(value: Any) -> bool:
        """
        Whether a value is a number of any type: NumPy's and PyTorch's scalars count.
        """
        if value is None or isinstance(value, str):
            return False
        try:
            float(value)
        except (TypeError, ValueError):
            return False
        return True

    def _is_positive(self: "PreTrainedConfig", value: Any) -> bool:
        """
        Whether a value is a finite number above 0.
        """
        return self._is_number(value) and 0 < float(value) < math.inf

    def _turns_by_rope(self: "PreTrainedConfig") -> bool:
        """
        Whether positions are told by RoPE, as far as the config has a key for that.
        """
        kind = getattr(self, "position_embedding_type", "rope")
        return kind in ("rope", "rotary") and not getattr(self, "alibi", False) and getattr(self, "use_mem_rope", True)

    def _validate_rotary_widths(self: "PreTrainedConfig") -> None:
        """
        Check every rotary width that the config asks for: a number of channels (`rotary_dim`, `qk_rope_head_dim`), or
        a share of the head (`partial_rotary_factor`).

        Raises:
            ValueError: a rotary width is no number, or does not fit the head.
        """
        if not hasattr(self, "partial_rotary_factor"):  # which a slice follows from, where a config has both
            for value in {getattr(layer, "qk_rope_head_dim", None) for layer in self._distinct_layers(None)}:
                self._validate_rotary_width("qk_rope_head_dim", value)
        rope_parameters = getattr(self, "rope_parameters", None)
        if not rope_parameters:
            for key in ("rotary_dim", "partial_rotary_factor"):
                self._validate_rotary_width(key, getattr(self, key, None))
            return
        for layer_type in self.nested_rope_parameter_keys(rope_parameters) or [None]:
            parameters = rope_parameters if layer_type is None else rope_parameters[layer_type]
            if parameters is None:  # a layer type without RoPE
                continue
            self._check_table_fits_slice(parameters, layer_type)
            factor = parameters.get("partial_rotary_factor")
            if factor is None and not self._rotary_slices(layer_type):
                factor = 1.0  # of a head that may have one channel
            self._validate_rotary_width("partial_rotary_factor", factor, layer_type)

    def _validate_rotary_width(
        self: "PreTrainedConfig", key: str, value: float | int | None, layer_type: str | None = None
    ) -> None:
        """
        Refuse a rotary width that does not fit the head, and warn of one that has room for no pair of channels. Where
        `value` is None, the config has no such key. Where the width of a head is unknown, a number of channels has no
        upper limit.

        Args:
            key: `partial_rotary_factor`, a share of the head, or `rotary_dim` or `qk_rope_head_dim`, channels.
            layer_type: the layers that it holds for; None for all.

        Raises:
            ValueError: names the key, its value and the range.
        """
        if value is None:
            return
        head_dims = self._head_dims(layer_type)
        limit = {"partial_rotary_factor": 1, "rotary_dim": min(head_dims, default=math.inf)}.get(key, math.inf)
        try:
            fits = not isinstance(value, str) and 0 <= float(value) <= limit
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise ValueError(f"`{key}` must be a number from 0 to {limit}, but is {value!r}")
        if key == "partial_rotary_factor":
            heads = [head_dim for head_dim in head_dims if head_dim not in self._rotary_slices(layer_type)]
            left = [f"one of {head_dim} channels" for head_dim in heads if int(head_dim * value) == 1]
        else:
            left = ["one channel of a head"] if value == 1 else []
        if left:
            logger.warning(
                f"`{key}`={value} leaves {left[0]} to RoPE, which is no pair: nothing is rotated and positions have "
                "no effect"
            )

    def _check_table_fits_slice(
        self: "PreTrainedConfig", rope_parameters: "RopeParameters | dict[str, Any]", layer_type: str | None
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
        widths, head_dims = self._rotary_slices(layer_type), set(self._head_dims(layer_type))
        if widths - head_dims:
            raise ValueError(
                f"`rope_type`='proportional' needs a slice for RoPE as wide as the head, {head_dims} channels, but "
                f"`qk_rope_head_dim` is {widths}"
            )

    def _rotary_slices(self: "PreTrainedConfig", layer_type: str | None) -> set[int]:
        """
        The widths of slices that are cut off heads for RoPE, of the layers of one type or of all.
        """
        return {getattr(layer, "qk_rope_head_dim", None) for layer in self._distinct_layers(layer_type)} - {None}

    def _head_dims(self: "PreTrainedConfig", layer_type: str | None) -> list[int]:
        """
        The widths of heads, of the layers of one type or of all; none where the config does not say.
        """
        head_dims = []
        for layer in self._distinct_layers(layer_type):
            head_dim = getattr(layer, "head_dim", None)
            if head_dim is None:
                hidden_size, heads = (getattr(layer, key, None) for key in ("hidden_size", "num_attention_heads"))
                if isinstance(hidden_size, int) and isinstance(heads, int) and heads > 0:
                    head_dim = hidden_size // heads
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

    def _whole_sections(
        self: "PreTrainedConfig",
        sections: list[int],
        pairs: int,
        in_turns: bool = False,
        in_couples: bool = False,
    ) -> list[int]:
        """
        The sections by which the axes of a position (time, height, width) divide the pairs of a head among them. The
        config may leave them to its class, whose own were made for heads of one width. Where these do not fit, they
        are cut, or the last one grows: text, whose axes are the same, rotates rightly. So are sections that a config
        states for whole heads beside a narrower rotary width.

        Args:
            pairs: how many there are.
            in_turns: whether the axes take turns, pair by pair, as far as there are pairs. Sections with more of them
                can then be used as they are.
            in_couples: whether the first two axes take turns, and the last has the rest, which is one pair at least.

        Raises:
            ValueError: sections that the config states fill neither the rotary width nor whole heads, or leave pairs
                to no axis; names the key, its value and the sum that fits.
        """
        value, advice = f"`mrope_section`={sections}", "images and videos need sections of their own"
        message = f"{value} must sum to the {pairs} pairs of the rotary width"
        stated = "mrope_section" in (self.rope_parameters or {})
        if in_turns and stated and sum(sections) < pairs and self._is_own_class():
            raise ValueError(message)
        if in_turns:
            others = [len(range(axis, min(3 * share, pairs), 3)) for axis, share in enumerate(sections[1:3], 1)]
            dealt = [pairs - sum(others), *others]
            if dealt != list(sections[:3]):
                logger.warning_once(f"{value} shares the {pairs} pairs of the rotary width as {dealt}: {advice}")
            return sections
        coupled = len(sections) == 3 and sections[0] == sections[1] and sections[2] >= min(pairs, 1)
        if in_couples:
            message = f"{message}, the first two alike and the third one at least"
        if sum(sections) == pairs and (coupled or not in_couples):
            return sections
        for_whole_heads = {sum(sections)} == {head_dim // 2 for head_dim in self._head_dims(None)}
        usable = not stated or (for_whole_heads and (coupled or not in_couples))
        if not usable and self._is_own_class():
            raise ValueError(message)
        logger.warning_once(f"{message}: {advice}")
        if not usable:
            return sections
        if in_couples:
            each = min(sections[0], max(pairs - 1, 0) // 2)
            return [each, each, pairs - 2 * each]
        ends = [min(sum(sections[: axis + 1]), pairs) for axis in range(len(sections) - 1)] + [pairs]
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]

    def _check_context_length(
        self: "PreTrainedConfig", rope_parameters: "RopeParameters | dict[str, Any] | None"
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


@partial(ROPE_INIT_FUNCTIONS.setdefault, "default")
def _compute_default_rope_parameters(
    config: Optional["PreTrainedConfig"] = None,
    device: Optional["torch.device"] = None,
    seq_len: int | None = None,
    layer_type: str | None = None,
) -> tuple["torch.Tensor", float]:
    """
    The inverse frequencies without scaling, for model code that asks `ROPE_INIT_FUNCTIONS` for every rope type, as
    that of 4.x does. Our own models have a method `compute_default_rope_parameters` each.

    Args:
        config: says the base, the width of a head and the share of it that is rotated.
        device: of the frequencies.
        seq_len: has no effect here.
        layer_type: whose parameters count, where a config has several.

    Returns:
        `[pairs]`, radians a position; and the factor of cosines and sines, which is 1.
    """
    config.standardize_rope_params()
    rope_parameters = config.rope_parameters[layer_type] if layer_type is not None else config.rope_parameters
    dim = get_rotary_ndims(config, rope_parameters)
    exponents = torch.arange(0, dim - dim % 2, 2, dtype=torch.int64).to(device=device, dtype=torch.float) / dim
    return 1.0 / (rope_parameters["rope_theta"] ** exponents), 1.0


def drops_values(fn) -> bool:
    """
    Whether a function that `nn.Module._apply` is given is the one of `nn.Module.to_empty`, which makes new memory. It
    is not called: a function may count its calls, or take tensors of one shape alone.
    """
    code = getattr(fn, "__code__", None)
    return code is not None and code in torch.nn.Module.to_empty.__code__.co_consts


class RotaryEmbeddingMixin:
    """
    What rotary modules have in common: a table of frequencies is never cast to a type narrower than float32, since an
    angle is off by the error of its frequency, times the position. And `to_empty`, which drops the values of all
    tensors, computes the table again.
    """

    def __new__(cls, *arguments, **keywords):
        module = super().__new__(cls)
        module.__dict__["_made_from"] = (arguments, keywords)
        return module

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
        if tables and drops_values(fn):
            self._compute_tables_again()
            return self
        for name, table in tables.items():
            cast = getattr(self, name)
            narrower = torch.finfo(cast.dtype).bits < min(32, torch.finfo(table.dtype).bits)
            if narrower or cast.is_complex() != table.is_complex():
                dtype = table.dtype if table.is_complex() else torch.float32
                setattr(self, name, table.to(cast.device, dtype))
        return self

    def _compute_tables_again(self):
        """
        Give buffers, and tensors that are kept beside them, what the constructor computes.
        """
        device = next(self.buffers(recurse=False)).device
        if device.type == "meta":
            return
        arguments, keywords = self._made_from
        with torch.device("cpu"):
            made = type(self)(*arguments, **keywords)
        for name, value in [*made._buffers.items(), *vars(made).items()]:
            if isinstance(value, torch.Tensor):
                setattr(self, name, value.to(device))
