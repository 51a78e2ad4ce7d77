"""Each check of rotations by coordinates catches the wrong models that it should catch, and no others."""

import unittest

import numpy as np
import pytest
import torch
from tiny_axial import TinyTowerConfig, TinyTowerModel, axial_of
from wrong_axials import CONTROLS

from transformers_conformance.core.expected_failure import ExpectedFailure
from transformers_conformance.core.verdict import ConformanceError
from transformers_conformance.rope import AXIAL, AxialRotarySpec
from transformers_conformance.rope.axial_spec import CountingRotarySpec, PatchRotarySpec, differences
from transformers_conformance.rope.coordinates import around_the_center, one_axis, powers, side_by_side, turned
from transformers_conformance.rope.testing import AxialRotaryTestMixin, UnusedRotationTestMixin


def broken(spec: AxialRotarySpec) -> set[str]:
    found = set()
    for name, prop in AXIAL.properties.items():
        if prop.excluded(spec):
            continue
        for axes in prop.chosen():
            for case in spec.cases(axes):
                try:
                    prop.check(spec, case)
                except ConformanceError:
                    found.add(name)
    return found


def test_right_models_pass():
    assert broken(axial_of()) == set()


@pytest.mark.parametrize("name", CONTROLS)
def test_control_is_caught_by_exactly_the_named_checks(name):
    model_class, by = CONTROLS[name]
    assert broken(axial_of(model_class)) == by


@pytest.mark.parametrize("property_name", AXIAL.properties)
def test_every_property_has_two_controls(property_name):
    assert len([name for name, (_, by) in CONTROLS.items() if property_name in by]) >= 2


def test_an_error_cites_rule_property_case_and_place():
    spec = axial_of(CONTROLS["AxesSwapped"][0])
    with pytest.raises(ConformanceError) as caught:
        AXIAL.properties["coordinate_rotation"].check(spec, spec.cases_of(16, 8)[0])
    for words in (
        "R3, coordinate_rotation: AxesSwappedModel, head_dim=16, rotary_ndims=8 (partial_rotary_factor=0.5)",
        "largest error",
        "To see it again:",
        "AxesSwappedModel(TinyTowerConfig(**{'hidden_size': 64",
    ):
        assert words in str(caught.value)


def test_far_coordinates_do_not_apply_to_a_part_that_makes_its_own_coordinates():
    far = AXIAL.properties["coordinate_far"]
    assert far.excluded(axial_of()) is None
    counting = CountingRotarySpec(TinyTowerConfig, TinyTowerModel, "half-split", one_axis)
    assert far.excluded(counting) == "TinyTowerModel makes its coordinates itself"


class AxialConfig(TinyTowerConfig):
    default_rope_type = "axial"
    # Stated again, because newer releases generate an `__init__` for a config class without one.
    __init__ = TinyTowerConfig.__init__


class AnyTypeModel(TinyTowerModel):
    config_class = AxialConfig


class AxialModel(AnyTypeModel):
    def read(self, rope: dict) -> None:
        if rope.get("rope_type", "axial") not in ("axial", "default"):
            raise ValueError(f"`rope_type` must be 'axial', but is {rope['rope_type']!r}")


def test_a_part_with_its_own_rope_type_must_refuse_others():
    check = AXIAL.properties["coordinate_keys"].check
    right, wrong = (AxialRotarySpec(AxialConfig, model, "half-split") for model in (AxialModel, AnyTypeModel))
    check(right, right.cases_of(16, 16)[0])
    with pytest.raises(ConformanceError, match="asked for rope_type='linear'"):
        check(wrong, wrong.cases_of(16, 16)[0])


# --- reference ------------------------------------------------------------------------------------------------------


def test_axes_side_by_side_have_the_frequencies_of_their_halves():
    rows, columns = side_by_side(10, 100.0)
    assert rows.tolist() == pytest.approx([1, 100 ** (-2 / 5), 0, 0])
    assert columns.tolist() == pytest.approx([0, 0, 1, 100 ** (-2 / 5)])
    assert side_by_side(3, 100.0).shape == (2, 0)
    assert one_axis(5, 100.0).tolist() == [[1.0, pytest.approx(100 ** (-2 / 5))]]


def test_around_the_center_a_pair_turns_once_between_center_and_edge():
    rows, _ = around_the_center(9, 100.0)
    assert rows[:2].tolist() == pytest.approx([2 * np.pi, 2 * np.pi * 100 ** (-4 / 9)])


@pytest.mark.parametrize("layout", ["half-split", "interleaved"])
def test_turned_agrees_with_complex_numbers(layout):
    x = np.random.default_rng(0).normal(size=(2, 3, 7))
    angles = np.random.default_rng(1).normal(size=(3, 2))
    first, second = ([0, 1], [2, 3]) if layout == "half-split" else ([0, 2], [1, 3])
    found = turned(x, angles, layout)
    expected = (x[..., first] + 1j * x[..., second]) * np.exp(1j * angles)
    np.testing.assert_allclose(found[..., first] + 1j * found[..., second], expected)
    np.testing.assert_array_equal(found[..., 4:], x[..., 4:])
    np.testing.assert_array_equal(powers(0, 0, 100.0), [])


def test_differences_group_all_pairs_of_tokens_by_distance():
    coordinates = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 1.0]])
    groups = {tuple(zip(*map(tuple, group), strict=True)) for group in differences(coordinates)}
    assert ((0, 0), (1, 1), (2, 2)) in groups and ((0, 1), (1, 2)) in groups and ((2, 0),) in groups
    assert sum(map(len, groups)) == 9


def test_patches_lie_around_the_center():
    spec = PatchRotarySpec(TinyTowerConfig, TinyTowerModel, "half-split", around_the_center)
    coordinates = spec.coordinates(spec.cases_of(4, 4)[0])
    assert coordinates.shape == (12, 2) and coordinates.sum() == pytest.approx(0.0)
    assert coordinates[0].tolist() == pytest.approx([-2 / 3, -3 / 4])


# --- mixins ---------------------------------------------------------------------------------------------------------


def run(tests: type) -> unittest.TestResult:
    return unittest.defaultTestLoader.loadTestsFromTestCase(tests).run(unittest.TestResult())


def mixed(spec: AxialRotarySpec, **attributes) -> type:
    return type("TinyTest", (AxialRotaryTestMixin, unittest.TestCase), {"spec": spec} | attributes)


def test_the_mixin_passes_on_a_right_model_and_fails_on_a_wrong_one():
    right, wrong = run(mixed(axial_of())), run(mixed(axial_of(CONTROLS["KeysStill"][0])))
    assert right.testsRun > 50 and right.wasSuccessful()
    assert any("coordinate_relative" in test.id() for test, _ in wrong.failures)


def test_the_mixin_knows_expected_failures():
    """The plugin finds stale expected failures; the mixin does not."""
    known = ExpectedFailure(reason="keys stand still", properties=("coordinate_range",))
    wrong = AxialRotarySpec(TinyTowerConfig, CONTROLS["RangeUnchecked"][0], "half-split")
    assert run(mixed(wrong, expected_failures=(known,))).wasSuccessful()


def test_tests_without_a_spec_say_so():
    result = run(type("NoTowerTest", (AxialRotaryTestMixin, unittest.TestCase), {}))
    assert all("must set spec" in message for _, message in result.errors) and result.errors


def turn(x: torch.Tensor) -> torch.Tensor:
    return -x


class Attention(torch.nn.Module):
    turns = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return turn(x) if self.turns else x


class TurningAttention(Attention):
    turns = True


def unused(attention: type, ran: type) -> unittest.TestResult:
    members = {
        "rotation": staticmethod(turn),
        "attention_class": attention,
        "run_pass": lambda self: ran()(torch.ones(1)),
    }
    return run(type("UnusedTest", (UnusedRotationTestMixin, unittest.TestCase), members))


def test_a_rotation_that_no_pass_calls_is_unused():
    assert unused(Attention, Attention).wasSuccessful()
    called, nothing = unused(Attention, TurningAttention), unused(Attention, torch.nn.Identity)
    assert "turn is called" in called.failures[0][1]
    assert "no attention ran" in nothing.failures[0][1]
