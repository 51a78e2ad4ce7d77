import copy
import math
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Optional


def get_rotary_ndims(
    config: "PreTrainedConfig",
    rope_parameters: "RopeParameters | dict[str, Any]",
    head_dim: int | None = None,
    ignored_before: bool = False,
) -> int:
    """
    The number of channels of a head that RoPE rotates: a share of them if there is a `partial_rotary_factor`, else all
    of them. In some configs, `head_dim` is the width of the slice for RoPE (`qk_rope_head_dim`). The whole slice
    rotates, because the factor describes the head from which the slice is cut.

    Args:
        rope_parameters: the RoPE parameters of one layer type, or of all layers.
        head_dim: the number of channels of a head; None for that of the config.
        ignored_before: whether releases up to 5.23 ignored the factor here. If so, a factor below 1 gives a warning,
            once.
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
        Whether the class is part of Transformers. Other classes may give the same keys another meaning.
        """
        return type(self).__module__.startswith("transformers.")

    def _knows_rope(self: "PreTrainedConfig") -> bool:
        """
        Whether the class declares a key for RoPE, or has a text config with RoPE. A caller can pass any key to any
        config.
        """
        keys = ("rope_parameters", "rope_theta", "rotary_dim", "partial_rotary_factor", "qk_rope_head_dim")
        return any(hasattr(type(self), key) for key in keys) or self._has_text_with_rope()

    def _check(self: "PreTrainedConfig", check: Callable[..., None], *arguments: Any) -> None:
        """
        Run a check that refuses values from which no model can be built. For a class outside Transformers, which may
        support these values, warn instead. A class of Transformers without RoPE ignores the keys, so skip the check.

        Raises:
            ValueError: the check fails, and the class is part of Transformers.
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
        Convert RoPE parameters of all older forms to the new keys, before the class converts its own keys. The
        caller's dicts do not change.

        Args:
            kwargs: the remaining keywords of the config.

        Raises:
            ValueError: there are scaling parameters, but no `rope_type`.
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
        A factor next to the RoPE parameters counts for each layer type that has no factor of its own.
        """
        if self._is_own_class() and (factor := kwargs.get("partial_rotary_factor")) is not None:
            for parameters in self._each_rope_parameters(self.rope_parameters):
                parameters.setdefault("partial_rotary_factor", factor)

    def _each_rope_parameters(
        self: "PreTrainedConfig", rope_parameters: "RopeParameters | dict[str, Any] | None"
    ) -> list[dict[str, Any]]:
        """
        The dicts of RoPE parameters: one per layer type, or a single one; an empty list without RoPE.
        """
        if not isinstance(rope_parameters, dict) or not rope_parameters:
            return []
        nested_keys = self.nested_rope_parameter_keys(rope_parameters)
        parameters = [rope_parameters[key] for key in nested_keys] or [rope_parameters]
        return [one for one in parameters if isinstance(one, dict)]

    def _name_rope_type(self: "PreTrainedConfig", rope_parameters: dict[str, Any]) -> None:
        """
        Convert the rope type to the new key and the new names. `type` is the key of releases before 4.43, "su" is
        Phi-3's first name for LongRoPE, and "mrope" is Qwen2-VL's name for the default type with sections.

        Raises:
            ValueError: there are scaling parameters, but no rope type.
        """
        rope_type = rope_parameters.get("rope_type") or rope_parameters.get("type")
        if rope_type is None:
            scaling = {"factor", "short_factor", "long_factor", "low_freq_factor", "high_freq_factor"}
            if stated := sorted(scaling & rope_parameters.keys()):
                raise ValueError(
                    f"`rope_type` must be one of {self._known_rope_types()}, but is missing next to "
                    f"`{stated[0]}`={rope_parameters[stated[0]]!r}"
                )
            return
        rope_parameters["rope_type"] = {"su": "longrope", "mrope": "default"}.get(rope_type, rope_type)
        if rope_parameters.get("partial_rotary_factor", 1.0) is None:
            del rope_parameters["partial_rotary_factor"]  # None means the whole head

    def _known_rope_types(self: "PreTrainedConfig") -> list[str]:
        """
        The rope types that a model supports: those of all models, and those that the class itself checks.
        """
        own = [name for name in dir(type(self)) if not hasattr(RotaryEmbeddingConfigMixin, name)]
        checked = re.findall(r"\b_validate_(\w+)_rope_parameters\b", " ".join(own))
        return sorted({*ROPE_INIT_FUNCTIONS, "default", self.default_rope_type, *checked})

    def _pop_flat_rope_parameters(self: "PreTrainedConfig", kwargs: dict[str, Any]) -> dict[str, Any] | None:
        """
        Take RoPE parameters that are not nested (`rope_scaling`, or flat `rope_parameters`) from a config whose class
        nests them by layer type.

        Returns:
            The parameters of the layers that the class scales, or None.
        """
        scaling = kwargs.pop("rope_scaling", None)
        if self.rope_parameters and not any(isinstance(value, dict) for value in self.rope_parameters.values()):
            if "rope_theta" in self.rope_parameters:  # counts like a base next to the dict
                kwargs.setdefault("rope_theta", self.rope_parameters["rope_theta"])
            scaling = {**self.rope_parameters, **(scaling or {})}
            self.rope_parameters = None
        return scaling

    @staticmethod
    def _is_flat_rope_key(key: str) -> bool:
        """
        Whether a key is a 4.x key for a base or for the factor.
        """
        bases = ("rope_theta", "rotary_emb_base", "global_rope_theta", "local_rope_theta", "rope_local_base_freq")
        return key in (*bases, "partial_rotary_factor", "rotary_pct")

    def _config_with_rope(self: "PreTrainedConfig") -> "PreTrainedConfig":
        """
        The config whose RoPE parameters count: this config, or the text config if only the text config has them.
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
        Whether this is the config of a multimodal model, and only its text config has RoPE parameters.
        """
        return self._is_own_class() and self._config_with_rope() is not self

    def _leave_rope_to_text(self: "PreTrainedConfig", kwargs: dict[str, Any]) -> dict[str, Any]:
        """
        Take `rope_scaling` of a multimodal config: 4.x writes all keys of the text config there a second time. As in
        4.x, this `rope_scaling` counts if the text config states no scaling.

        Args:
            kwargs: the remaining keywords of the config.
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
                + ("counts for its text config" if counts else f"is ignored, because the text config has {of_text}")
            )
        if "rope_theta" in kwargs:
            stated.setdefault("rope_theta", kwargs.pop("rope_theta"))
        self.rope_parameters = stated
        return kwargs

    def _hand_to_text(self: "PreTrainedConfig", text_config: "PreTrainedConfig", key: str, value: Any) -> None:
        """
        Set a key of a multimodal config also on its text config. Ignore a value in a form that the text config does
        not take; upstream ignores all values.

        Raises:
            ValueError: a number is out of the range of its key.
        """
        try:
            setattr(text_config, key, value)
        except ValueError:
            raise
        except Exception as error:  # of the field's type
            logger.warning(
                f"`{key}`={value!r} of {type(self).__name__} is ignored, because the text config does not take it: "
                f"{error}"
            )

    def _takes_rope_key(self: "PreTrainedConfig", key: str) -> bool:
        """
        Whether a key sets RoPE on a finished config or on its text config.
        """
        if not (self._is_flat_rope_key(key) or key in ("rope_scaling", "rope_parameters")):
            return False
        return self._is_own_class() and bool(getattr(self._config_with_rope(), "rope_parameters", None))

    def _override_rope_parameter(self: "PreTrainedConfig", key: str, value: Any) -> None:
        """
        Apply a base or a factor that is set on a finished config. It counts for the same layers as in the constructor:
        Gemma 3 reads `rope_theta` only for layers with full attention. None has no effect.

        Raises:
            ValueError: a base is not a finite number above 0, or a factor is out of its range.
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
        Complete RoPE parameters that are set on a finished config. A base or a factor that is missing comes from the
        config, and the rope type gets the new key. Parameters by layer type are completed from those of the same layer
        type.
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
        The parameters of one layer type, completed from the older parameters if there are any. Scaling parameters may
        stay without a type, because the caller may set the type later.
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
        The RoPE parameters of a finished config after `rope_scaling` is set. The base, the factor and the sections of
        axes stay, because they are not scaling.
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
        Refuse parameters from which no table can be computed.

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
        # Another check reports a missing key
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
        Whether the model uses RoPE for positions. Yes, if the config has no key for this.
        """
        kind = getattr(self, "position_embedding_type", "rope")
        return kind in ("rope", "rotary") and not getattr(self, "alibi", False) and getattr(self, "use_mem_rope", True)

    def _validate_rotary_widths(self: "PreTrainedConfig") -> None:
        """
        Check every rotary width that the config asks for: a number of channels (`rotary_dim`, `qk_rope_head_dim`), or
        a share of the head (`partial_rotary_factor`).

        Raises:
            ValueError: a rotary width is not a number, or does not fit the head.
        """
        if not hasattr(self, "partial_rotary_factor"):  # if a config has both, the slice follows from it
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
                factor = 1.0  # a head may have one channel
            self._validate_rotary_width("partial_rotary_factor", factor, layer_type)

    def _validate_rotary_width(
        self: "PreTrainedConfig", key: str, value: float | int | None, layer_type: str | None = None
    ) -> None:
        """
        Refuse a rotary width that does not fit the head, and warn of a width of one channel, which is no pair. If
        `value` is None, the config has no such key. If the width of the head is unknown, a number of channels has no
        upper limit.

        Args:
            key: `partial_rotary_factor` (a share of the head), `rotary_dim` or `qk_rope_head_dim` (numbers of
                channels).
            layer_type: the type of the layers that have this width; None for all layers.

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
        Refuse the proportional rope type if RoPE turns only a slice of the head, because the table of this type is as
        wide as the head.

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
        The widths of the slices for RoPE, for the layers of one type or for all layers.
        """
        return {getattr(layer, "qk_rope_head_dim", None) for layer in self._distinct_layers(layer_type)} - {None}

    def _head_dims(self: "PreTrainedConfig", layer_type: str | None) -> list[int]:
        """
        The widths of heads, for the layers of one type or for all layers; empty if the config does not state them.
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
        The configs from which widths are read: one per layer (of one type, or of all types) if layers differ.
        """
        if not self.is_heterogeneous:
            return [self]
        if layer_type is None:
            return list(self.per_layer_config)
        layers = enumerate(self.per_layer_config)
        return [layer for index, layer in layers if self.layer_types[index] == layer_type]

    def _whole_sections(
        self: "PreTrainedConfig",
        default: list[int] | None,
        pairs: int,
        interleaved_axes: bool = False,
        first_two_interleaved: bool = False,
    ) -> list[int] | None:
        """
        How many of the pairs of a head each axis of a position (time, height, width) has. Default sections, which fit
        heads of one width, and stated sections of whole heads are cut, or the last one grows, if they do not fit.

        Args:
            interleaved_axes: whether the axes take turns. Then sections of more pairs are used without a change.
            first_two_interleaved: whether two axes take turns, and the last has the other pairs, at least one.

        Raises:
            ValueError: stated sections sum neither to `pairs` nor to those of a whole head; names the sum that fits.
        """
        sections = (self.rope_parameters or {}).get("mrope_section", default)
        if sections is None:
            return None
        value, advice = f"`mrope_section`={sections}", "images and videos need sections of their own"
        message = f"{value} must sum to the {pairs} pairs of the rotary width"
        stated = "mrope_section" in (self.rope_parameters or {})
        if interleaved_axes and stated and sum(sections) < pairs and self._is_own_class():
            raise ValueError(message)
        if interleaved_axes:
            others = [len(range(axis, min(3 * share, pairs), 3)) for axis, share in enumerate(sections[1:3], 1)]
            dealt = [pairs - sum(others), *others]
            if dealt != list(sections[:3]):
                logger.warning_once(f"{value} shares the {pairs} pairs of the rotary width as {dealt}: {advice}")
            return sections
        coupled = len(sections) == 3 and sections[0] == sections[1] and sections[2] >= min(pairs, 1)
        if first_two_interleaved:
            message = f"{message}, with the first two equal and the third at least 1"
        if sum(sections) == pairs and (coupled or not first_two_interleaved):
            return sections
        for_whole_heads = {sum(sections)} == {head_dim // 2 for head_dim in self._head_dims(None)}
        usable = not stated or (for_whole_heads and (coupled or not first_two_interleaved))
        if not usable and self._is_own_class():
            raise ValueError(message)
        logger.warning_once(f"{message}: {advice}")
        if not usable:
            return sections
        if first_two_interleaved:
            each = min(sections[0], max(pairs - 1, 0) // 2)
            return [each, each, pairs - 2 * each]
        ends = [min(sum(sections[: axis + 1]), pairs) for axis in range(len(sections) - 1)] + [pairs]
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]

    def _check_context_length(
        self: "PreTrainedConfig", rope_parameters: "RopeParameters | dict[str, Any] | None"
    ) -> None:
        """
        Refuse a rope type that scales by the context length if the config has no context length.

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
    The inverse frequencies without scaling, for model code that looks up every rope type in `ROPE_INIT_FUNCTIONS`, as
    code of 4.x does. Models of Transformers have their own method `compute_default_rope_parameters`.

    Args:
        config: states the base, the width of a head and the factor.
        device: the device of the frequencies.
        seq_len: has no effect here.
        layer_type: the layer type whose parameters count, if the config has several.

    Returns:
        `[pairs]`, radians per position; and the factor of cosines and sines, which is 1.
    """
    config.standardize_rope_params()
    rope_parameters = config.rope_parameters[layer_type] if layer_type is not None else config.rope_parameters
    dim = get_rotary_ndims(config, rope_parameters)
    exponents = torch.arange(0, dim - dim % 2, 2, dtype=torch.int64).to(device=device, dtype=torch.float) / dim
    return 1.0 / (rope_parameters["rope_theta"] ** exponents), 1.0


def drops_values(fn) -> bool:
    """
    Whether `fn`, the argument of `nn.Module._apply`, is the function of `nn.Module.to_empty`, which makes new memory.
    `fn` is not called, because a function may count its calls or take only tensors of one shape.
    """
    code = getattr(fn, "__code__", None)
    return code is not None and code in torch.nn.Module.to_empty.__code__.co_consts


class RotaryEmbeddingMixin:
    """
    The common parent of rotary modules. A table of frequencies is never cast to a type narrower than float32, because
    the error of an angle is the error of its frequency times the position. `to_empty` drops the values of all tensors,
    and the module computes its tables again.
    """

    def __new__(cls, *arguments, **keywords):
        module = super().__new__(cls)
        module.__dict__["_made_from"] = (arguments, keywords)
        return module

    def _apply(self, fn, recurse=True):
        """
        Apply `to`, `half` and similar methods to every tensor. A table moves to another device and to a wider type;
        instead of a narrower type, it gets float32. A complex table stays complex, because a real one would have no
        sines.
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
        Give buffers, and tensors in plain attributes, the values that the constructor computes.
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
