"""The test mixins of rotary embeddings: a test for each property in each configuration."""

import inspect
import sys
from collections.abc import Callable
from typing import Any

import torch

from ..core.mixins import StatedModelTestMixin, with_tests
from ..harness.tiny import model_of
from . import AXIAL, ROTARY, SEVERAL_AXES, AxialRotarySpec, RotarySpec, SeveralAxesSpec


class _SpecTestMixin(StatedModelTestMixin):
    """The base of mixins whose model is stated as a spec."""

    required = ("spec",)
    spec: Any = None

    @classmethod
    def make_spec(cls) -> Any:
        return cls.spec


@with_tests
class AxialRotaryTestMixin(_SpecTestMixin):
    """Judges rotations by coordinates on several axes, such as rows and columns of an image, of one part of a model.

    Mix it into a `unittest.TestCase` and set `spec`, which describes this part. Other attributes and names of tests
    are as in `RotaryNdimsOddTestMixin`.

    Raises:
        TypeError: when a test runs, if there is no `spec`.
        ConformanceError: if the model breaks a rule.
    """

    topic = AXIAL
    spec: AxialRotarySpec | None = None


@with_tests
class SeveralAxesTestMixin(_SpecTestMixin):
    """Judges the positions of images, videos and text in one whole model.

    Mix it into a `unittest.TestCase` and set `spec`, which describes the model. Other attributes and names of tests
    are as in `RotaryNdimsOddTestMixin`.

    Raises:
        TypeError: when a test runs, if there is no `spec`.
        ConformanceError: if the model breaks a rule.
    """

    topic = SEVERAL_AXES
    spec: SeveralAxesSpec | None = None


class UnusedRotationTestMixin:
    """Shows that a model does not use the rotation that its file defines. A model that uses it needs another mixin.

    Mix it into a `unittest.TestCase` and set:
        rotation: the function that rotates.
        attention_class: the class that would call the function.
        config_class, model_class: the classes of the model, if it takes `input_ids`. For other models, define the
            method `run_pass`, which runs the model.

    Raises:
        AssertionError: a pass calls the rotation, or runs no attention, so that the test proves nothing.
    """

    rotation: Callable
    attention_class: type
    config_class: type
    model_class: type

    def run_pass(self) -> None:
        spec = RotarySpec(self.config_class, self.model_class, "half-split")
        with torch.no_grad():
            model_of(spec, spec.size_values(8))(input_ids=torch.arange(4, 15)[None])

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


@with_tests
class RotaryNdimsOddTestMixin(StatedModelTestMixin):
    """Judges the rotary embeddings of one model at every rotary width of small heads, odd widths and heads included.

    Mix it into a `unittest.TestCase` and set:
        config_class: the config class.
        model_class: a model class that takes `input_ids`, `attention_mask` and `position_ids`.
        layout: "half-split", "interleaved" or "half-split-reversed".
        config_overrides: config keywords that a tiny model needs in addition to sizes and token ids.
        rope_types: the scaled rope types that the model supports; None for all types that its config accepts.
        rotated_last: whether the channels that rotate are the last of a head, and not the first.
        normed_after_rotation: whether q and k pass a norm with weights after they are rotated.
        scaled_after_rotation: the parameters that channels of q or k are multiplied by after they are rotated.
        input_adapter: where tokens enter a model without `input_ids`: an argument of `forward` that takes embeddings,
            or "layers", to run only the layers.
        score_scale: the factor of the products of q and k before the softmax, as in `RotarySpec`.
        expected_failures, excluded_checks: as in `JudgedTestMixin`.

    Tests are named `test_rotary_ndims_<odd|even>_<property>_<index>_head_dim_<D>_n_<n>`: "odd" if `D` or `n` is odd.
    If the rope type is scaled, its name follows the property.
    Properties that do not apply to the model have no tests in its class; the recorded results have the reason.

    Raises:
        TypeError: when a test runs, if a required attribute is missing; when the class is made, if an expected failure
            or `excluded_checks` names an unknown property.
        ConformanceError: if the model breaks a rule.
    """

    topic = ROTARY
    required = ("config_class", "model_class", "layout")
    config_class: type | None = None
    model_class: type | None = None
    layout: str | None = None
    config_overrides: dict[str, Any] = {}
    rope_types: tuple[str, ...] | None = None
    rotated_last: bool = False
    normed_after_rotation: bool = False
    scaled_after_rotation: tuple[str, ...] = ()
    input_adapter: str = "input_ids"
    score_scale: float | None = None

    @classmethod
    def make_spec(cls) -> RotarySpec:
        return RotarySpec(
            cls.config_class,
            cls.model_class,
            cls.layout,
            config_overrides=cls.config_overrides,
            rope_types=cls.rope_types,
            rotated_last=cls.rotated_last,
            normed_after_rotation=cls.normed_after_rotation,
            scaled_after_rotation=cls.scaled_after_rotation,
            input_adapter=cls.input_adapter,
            score_scale=cls.score_scale,
        )
