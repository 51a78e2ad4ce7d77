"""The mixin: its required attributes, its tests and their names, and the properties that it leaves out."""

import unittest

import pytest

from tiny_rope import (
    RotaryDimModel,
    TinyLayeredConfig,
    TinyLayeredModel,
    TinyRopeConfig,
    TinyRopeModel,
    TinyRotaryDimConfig,
)
from transformers_conformance.core import mixins
from transformers_conformance.core.expected_failure import ExpectedFailure
from transformers_conformance.core.results import judge
from transformers_conformance.rope import HEAD_DIMS, ROTARY
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin
from wrong_ropes import CONTROLS


class Right(RotaryNdimsOddTestMixin):
    config_class = TinyRopeConfig
    model_class = TinyRopeModel
    layout = "half-split"


class Layered(
    RotaryNdimsOddTestMixin
):  # does not inherit from Right, which has no tests of properties that do not apply to it
    config_class = TinyLayeredConfig
    model_class = TinyLayeredModel
    layout = "half-split"


class NoRopeTypes(RotaryNdimsOddTestMixin):
    config_class = TinyRotaryDimConfig
    model_class = RotaryDimModel
    layout = "interleaved"


def as_case(mixin: type) -> type[unittest.TestCase]:
    return type(mixin.__name__, (mixin, unittest.TestCase), {})


def names(mixin: type) -> list[str]:
    return unittest.TestLoader().getTestCaseNames(as_case(mixin))


def outcome(mixin: type, pattern: str) -> unittest.TestResult:
    """The result of the tests with a name."""
    case = as_case(mixin)
    chosen = [name for name in names(mixin) if pattern in name]
    result = unittest.TestResult()
    unittest.TestSuite(case(name) for name in chosen).run(result)
    assert result.testsRun
    return result


def test_every_property_has_tests_named_by_parity_and_case():
    for name in ROTARY.properties:
        assert [test for test in names(Layered) if f"_{name}_" in test]
    assert [test for test in names(Right) if test.startswith("test_rotary_ndims_odd_forward_")]
    forward = [test for test in names(Right) if "_forward_" in test]
    assert len(forward) == sum(head_dim + 1 for head_dim in HEAD_DIMS)
    for test in forward:
        odd = test.endswith(("n_1", "n_3", "n_5", "n_7")) or "head_dim_5" in test or "head_dim_7" in test
        assert test.startswith("test_rotary_ndims_odd_" if odd else "test_rotary_ndims_even_")


def test_a_right_model_passes_under_unittest():
    assert outcome(Right, "head_dim_5_n_3").wasSuccessful()


def test_a_wrong_model_fails_by_name_of_the_rule():
    class Wrong(Right):
        model_class = CONTROLS["WidthRoundedUp"].model_class

    result = outcome(Wrong, "forward")
    assert result.failures and not result.errors
    assert all("R1, forward" in text for _, text in result.failures)


def test_properties_that_do_not_apply_have_no_tests_but_a_reason():
    assert not [test for test in names(NoRopeTypes) if "_scaled_" in test]
    assert [test for test in names(Right) if "_scaled_" in test]
    results = [
        result
        for result in judge(ROTARY.properties, NoRopeTypes.required_spec(), {"head_dim": (4,)})
        if result.status == "not-applicable"
    ]
    scaled = {"batch_scaling", "growth", "invalid_values", "questionable_values", "quiet", "scaled", "scaling_options"}
    reasons = {result.property_name: result.reason for result in results}
    assert reasons.keys() == scaled | {"grouped", "head_sizes", "layer_types"}
    assert all("no key for a rope type" in reasons[name] for name in scaled)
    assert "no num_key_value_heads" in reasons["grouped"]
    assert all(result.case is None for result in results)


def test_a_model_without_position_ids_is_recorded_as_such():
    class WithoutPositions(TinyRopeModel):
        def forward(self, input_ids, attention_mask=None):
            raise NotImplementedError

    class WithoutPositionsTest(Right):
        model_class = WithoutPositions

    reasons = {
        r.property_name: r.reason
        for r in judge(ROTARY.properties, WithoutPositionsTest.required_spec(), {"head_dim": (4,)})
        if r.case is None
    }
    assert reasons["shift"] == "WithoutPositions.forward takes no position_ids"
    assert not [test for test in names(WithoutPositionsTest) if "_shift_" in test]
    assert [test for test in names(WithoutPositionsTest) if "_frequencies_" in test]


class Casting(Right):
    model_class = CONTROLS["TableFollowsCast"].model_class
    expected_failures = (
        ExpectedFailure(reason="the table is cast", properties=("cast",), filters={"rotary_ndims": ("full",)}),
    )


def test_an_expected_failure_passes_where_it_is_expected_and_fails_elsewhere():
    (failure,) = outcome(Casting, "_cast_").failures
    assert "head_dim=8, rotary_ndims=5" in failure[1]
    full, odd = (
        r
        for r in judge(ROTARY.properties, Casting.required_spec(), {"head_dim": (4,)}, Casting.expected_failures)
        if r.property_name == "cast"
    )
    assert (full.case.n, full.status, full.expected.reason, full.unexpected) == (
        8,
        "fail",
        "the table is cast",
        False,
    )
    assert (odd.case.n, odd.status, odd.expected, odd.unexpected) == (5, "fail", None, True)


def test_an_expected_failure_that_names_no_property_is_refused():
    with pytest.raises(TypeError, match="expected_failures name no property: rotatoin"):
        type("Misspelt", (Right,), {"expected_failures": (ExpectedFailure(reason="why", properties=("rotatoin",)),)})


def test_a_property_that_is_left_out_has_no_tests_and_is_recorded_with_its_reason(monkeypatch):
    recorded = []
    monkeypatch.setattr(mixins, "record", recorded.append)

    class WithoutGradients(RotaryNdimsOddTestMixin):
        config_class, model_class, layout = TinyRopeConfig, TinyRopeModel, "half-split"
        excluded_checks = {"gradients": "it has none"}

    assert any("_gradients_" in name for name in names(Right))
    assert not any("_gradients_" in name for name in names(WithoutGradients))
    assert outcome(WithoutGradients, "layout").wasSuccessful()
    found = [(one.status, one.rule, one.reason) for one in recorded if one.property_name == "gradients"]
    assert found == [("not-applicable", ROTARY.properties["gradients"].rule, "it has none")]


def test_excluded_checks_must_name_properties():
    with pytest.raises(TypeError, match="excluded_checks name no property: gradeints"):
        type("Misspelt", (Right,), {"excluded_checks": {"gradeints": "why"}})


@pytest.mark.parametrize("missing", ["config_class", "model_class", "layout"])
def test_a_missing_attribute_is_named(missing):
    class Incomplete(Right):
        pass

    setattr(Incomplete, missing, None)
    with pytest.raises(TypeError, match=f"Incomplete must set {missing}"):
        Incomplete.required_spec()
    assert missing in outcome(Incomplete, "warning").errors[0][1]


def test_a_supported_type_may_not_be_listed_as_refused():
    class Stale(Right):
        rope_types = ("linear",)

    texts = [text for _, text in outcome(Stale, "_scaled_yarn_").failures]
    expected = "expected: a ValueError that names rope_type, yarn, while the model is built"
    assert texts and all(expected in text for text in texts)
