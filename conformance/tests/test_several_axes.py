"""Checks of positions on several axes catch exactly their wrong models, and compute positions as the paper does."""

import unittest

import numpy as np
import pytest
from tiny_multimodal import TinyMultimodalModel, whole_of
from wrong_multimodals import CONTROLS

from transformers_conformance.core.verdict import ConformanceError
from transformers_conformance.rope import SEVERAL_AXES, SeveralAxesSpec
from transformers_conformance.rope.several_axes import Span, grid, one_after_another, text_span
from transformers_conformance.rope.testing import SeveralAxesTestMixin


def broken(whole: SeveralAxesSpec) -> set[str]:
    found = set()
    for name, prop in SEVERAL_AXES.properties.items():
        for axes in prop.chosen():
            for case in whole.cases(axes):
                try:
                    prop.check(whole, case)
                except ConformanceError:
                    found.add(name)
    return found


def test_right_models_pass():
    assert broken(whole_of()) == set()


@pytest.mark.parametrize("name", CONTROLS)
def test_control_is_caught_by_exactly_the_named_checks(name):
    model_class, by = CONTROLS[name]
    assert broken(whole_of(model_class)) == by


@pytest.mark.parametrize("property_name", SEVERAL_AXES.properties)
def test_every_property_has_two_controls(property_name):
    assert len([name for name, (_, by) in CONTROLS.items() if property_name in by]) >= 2


def test_positions_are_those_of_the_papers_figure():
    """Qwen2-VL, figure 3: a video of three frames of 4 x 4 tokens, and then text, which begins at 4."""
    counted = one_after_another([Span(grid(3, 4, 4), 2), text_span(2)])
    assert counted[:, 0].tolist() == [0, 0, 0] and counted[:, 47].tolist() == [2, 3, 3]
    assert counted[:, 48:].tolist() == [[4, 5]] * 3


def test_distances_of_frames_follow_from_seconds_rounded_down():
    assert np.unique(grid(4, 1, 1, 0.75 * 4)[0]).tolist() == [0, 3, 6, 9]
    assert grid(4, 1, 1, 1.5)[0].tolist() == [0, 1, 3, 4]


def test_an_error_cites_rule_property_and_model():
    whole = whole_of(CONTROLS["AxesSwapped"][0])
    with pytest.raises(ConformanceError, match=r"R5, axes_counted: AxesSwapped") as caught:
        SEVERAL_AXES.properties["axes_counted"].check(whole, whole.cases({"head_dim": 16, "n": 16})[0])
    assert "To see it again:" in str(caught.value)


def test_the_mixin_judges_a_model():
    tests = type("TinyTest", (SeveralAxesTestMixin, unittest.TestCase), {"spec": whole_of(TinyMultimodalModel)})
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(tests).run(result)
    assert result.testsRun == len(SEVERAL_AXES.properties) and result.wasSuccessful()
