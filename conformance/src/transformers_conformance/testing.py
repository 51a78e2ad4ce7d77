"""Test mixins, thin over the checks."""

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from parameterized import parameterized

from .recording import known_deviations, record
from .rope import (
    COORDINATE_PROPERTIES,
    PROPERTIES,
    Description,
    Deviation,
    Property,
    Result,
    Tower,
    judge_case,
    obstacles,
)
from .rope.tiny import model_of, size_values


def _grid(properties: Mapping[str, Property]) -> list[tuple[str, int, int, str]]:
    return [(prop.name, *configuration) for prop in properties.values() for configuration in prop.grid()]


def _test_name(index: int, property_name: str, head_dim: int, n: int, rope_type: str) -> str:
    parity = "odd" if head_dim % 2 or n % 2 else "even"
    kind = "" if rope_type == "default" else f"_{rope_type.replace('+', '_')}"
    return f"test_rotary_ndims_{parity}_{property_name}{kind}_{index}_head_dim_{head_dim}_n_{n}"


class _JudgedTestMixin:
    """What the mixins share: tests are cases of properties, whose results are recorded.

    `met` holds the exceptions that a test came across; `plugin` tells of those that no test did.
    """

    _properties: Mapping[str, Property] = {}

    @classmethod
    def _described(cls) -> Description | Tower | None:
        """What is judged, one object a class; None for a class that describes nothing yet."""
        raise NotImplementedError

    @classmethod
    def _obstacles(cls) -> list[Result]:
        """The properties that cannot be asked of what is judged, each with the reason."""
        return list(obstacles(cls._described(), cls._properties))

    @classmethod
    def _leave_out(cls) -> None:
        """Takes away the tests of properties that cannot be asked of what is judged."""
        described = cls._described()
        absent = {result.property_name for result in cls._obstacles()}
        for index, (name, head_dim, n, rope_type) in enumerate(_grid(cls._properties)):
            asked = cls._properties[name].asks(described, rope_type) and described.cases(head_dim, n, rope_type)
            if name in absent or not asked:
                setattr(cls, _test_name(index, name, head_dim, n, rope_type), None)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls._described() is not None:
            for result in cls._obstacles():
                record(result)

    @classmethod
    def judged_tests(cls) -> set[str]:
        """The names of the tests that judge cases."""
        return {name for name in dir(cls) if name.startswith("test_rotary_ndims_") and getattr(cls, name)}

    @classmethod
    def own_exceptions(cls) -> list[Deviation]:
        """Those in which this class must break something."""
        asked = [known for known in cls._described().exceptions if cls._properties.keys() & set(known.properties)]
        return [known for known in asked if not known.for_all_models]

    def _judge(self, property_name: str, head_dim: int, n: int, rope_type: str) -> None:
        described = self._described()
        results = [
            judge_case(self._properties[property_name], described, case)
            for case in described.cases(head_dim, n, rope_type)
        ]
        for result in results:
            record(result)
        self.met = [result.deviation for result in results if result.deviation]
        for result in results:
            if result.unexpected:
                raise result.error


class CoordinateRotaryTestMixin(_JudgedTestMixin):
    """Judges rotations by coordinates on several axes, such as rows and columns of an image, of one part of a model.

    Mix it into a `unittest.TestCase` and set `tower`, which says what that part is. Exceptions are as
    `RotaryNdimsOddTestMixin` has them, and so are names of tests.

    Raises:
        TypeError: when a test runs, if there is no `tower`.
        ConformanceError: where the model breaks a rule.
    """

    tower: Tower | None = None
    _properties = COORDINATE_PROPERTIES

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.tower is not None:
            known = known_deviations(cls.tower.model_type)
            cls.tower = replace(cls.tower, exceptions=(*cls.tower.exceptions, *known))
            cls._leave_out()

    @classmethod
    def _described(cls) -> Tower | None:
        return cls.tower

    @parameterized.expand(
        _grid(COORDINATE_PROPERTIES), name_func=lambda _, index, param: _test_name(int(index), *param.args)
    )
    def test_rotary_ndims(self, property_name: str, head_dim: int, n: int, rope_type: str):
        if self.tower is None:
            raise TypeError(f"{type(self).__name__} must set tower to use CoordinateRotaryTestMixin")
        self._judge(property_name, head_dim, n, rope_type)


class UnusedRotationTestMixin:
    """Shows that a model does not use the rotation that its file defines; once it does, it needs another mixin.

    Mix it into a `unittest.TestCase` and set:
        rotation: the function.
        attention_class: what would call it.
        config_class, model_class: of the model, if it takes `input_ids`; else `run_pass`, a method that runs it.

    Raises:
        AssertionError: a pass calls the rotation, or runs no attention, which would prove nothing.
    """

    rotation: Callable
    attention_class: type
    config_class: type
    model_class: type

    def run_pass(self) -> None:
        described = Description(self.config_class, self.model_class, "half-split")
        with torch.no_grad():
            model_of(described, size_values(described, 8))(input_ids=torch.arange(4, 15)[None])

    def test_rotary_ndims_unused(self):
        called = set()
        before = sys.getprofile()
        sys.setprofile(lambda frame, event, _: called.add(frame.f_code) if event == "call" else None)
        try:
            self.run_pass()
        finally:
            sys.setprofile(before)
        assert inspect.unwrap(self.attention_class.forward).__code__ in called, "no attention ran"
        assert inspect.unwrap(self.rotation).__code__ not in called, f"{self.rotation.__name__} is called"


class RotaryNdimsOddTestMixin(_JudgedTestMixin):
    """Judges the rotary embeddings of one model at every rotary width of small heads, odd widths and heads included.

    Mix it into a `unittest.TestCase` and set:
        config_class: the config class.
        model_class: a model class that takes `input_ids`, `attention_mask` and `position_ids`.
        layout: "half-split" or "interleaved".
        config_overrides: config keywords that a tiny model needs beyond sizes and token ids.
        rope_types: the scaled rope types that the model supports; all that its config can be asked for if None.
        exceptions: where the model is known to break properties. Those of the file that `recording` reads are added.
            With `transformers_conformance.plugin`, a session fails in which a class of tests ran in full and nothing
            broke that an exception covers, but for one of the file that names no model: take it out.
        rotated_last: whether the channels that rotate are the last of a head, and not the first.
        normed_after_rotation: whether q and k pass a norm with weights after they are rotated.
        entry: where tokens enter, if not by `input_ids`: an argument of `forward` that takes embeddings of them, or
            "layers", which then run alone.
        score_scale: what multiplies the products of q and k before the softmax, as `Description` has it.
        left_out: properties that cannot be asked of this class alone, each with the reason.

    Tests are named `test_rotary_ndims_<odd|even>_<property>_<index>_head_dim_<D>_n_<n>`: odd where `D` or `n` is.
    Properties that cannot be asked of the model have no tests in its class; the results that `recording` writes say
    why.

    Raises:
        TypeError: when a test runs, if a required attribute is missing; when the class is made, if an exception names
            no property, or `left_out` does.
        ConformanceError: where the model breaks a rule.
    """

    config_class: type | None = None
    model_class: type | None = None
    layout: str | None = None
    config_overrides: dict[str, Any] = {}
    rope_types: tuple[str, ...] | None = None
    exceptions: tuple[Deviation, ...] = ()
    rotated_last: bool = False
    normed_after_rotation: bool = False
    entry: str = "input_ids"
    score_scale: float | None = None
    left_out: Mapping[str, str] = {}
    _properties = PROPERTIES

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls._description = None
        if cls._missing_attributes():
            return
        excepted = {name for known in cls.exceptions for name in known.properties}
        for attribute, names in (("exceptions", excepted), ("left_out", set(cls.left_out))):
            if unknown := names - set(PROPERTIES):
                raise TypeError(f"{cls.__name__}.{attribute} name no property: {', '.join(sorted(unknown))}")
        cls._leave_out()

    @classmethod
    def _obstacles(cls) -> list[Result]:
        model = cls._described().model_type
        named = [
            Result(PROPERTIES[name].rule, name, model, None, "not-applicable", reason)
            for name, reason in cls.left_out.items()
        ]
        return named + [result for result in super()._obstacles() if result.property_name not in cls.left_out]

    @classmethod
    def _described(cls) -> Description | None:
        return None if cls._missing_attributes() else cls.rotary_description()

    @classmethod
    def rotary_description(cls) -> Description:
        """What the checks are told of the model, one object a class.

        Raises:
            TypeError: a required attribute is missing.
        """
        missing = cls._missing_attributes()
        if missing:
            raise TypeError(f"{cls.__name__} must set {', '.join(missing)} to use RotaryNdimsOddTestMixin")
        if cls._description is None:
            exceptions = (*cls.exceptions, *known_deviations(cls.config_class.model_type))
            cls._description = Description(
                cls.config_class,
                cls.model_class,
                cls.layout,
                cls.config_overrides,
                cls.rope_types,
                exceptions,
                cls.rotated_last,
                cls.normed_after_rotation,
                cls.entry,
                cls.score_scale,
            )
        return cls._description

    @classmethod
    def _missing_attributes(cls) -> list[str]:
        return [name for name in ("config_class", "model_class", "layout") if getattr(cls, name) is None]

    @parameterized.expand(_grid(PROPERTIES), name_func=lambda _, index, param: _test_name(int(index), *param.args))
    def test_rotary_ndims(self, property_name: str, head_dim: int, n: int, rope_type: str):
        self.rotary_description()  # says what is missing
        self._judge(property_name, head_dim, n, rope_type)
