"""The checks of attention masks pass on a right model, and catch the wrong models that they should catch."""

import unittest

import pytest
from tiny_mask import TinyMaskModel
from wrong_masks import CONTROLS

from tiny_rope import TinyRopeConfig
from transformers_conformance.core.results import judge
from transformers_conformance.masks import MASKS, MaskSpec
from transformers_conformance.masks.testing import AttentionMaskTestMixin


def results(model_class: type) -> list:
    return list(judge(MASKS.properties, MaskSpec(TinyRopeConfig, model_class)))


def test_every_property_holds_on_a_right_model_and_is_judged():
    found = results(TinyMaskModel)
    assert [result.reason for result in found if result.unexpected] == []
    judged = {(result.property_name, *result.case.parameters.values()) for result in found if result.case}
    assert judged == {(name, *axes.values()) for name, axes in MASKS.tests()}


@pytest.mark.parametrize("name", CONTROLS)
def test_control_is_caught_by_exactly_the_named_checks(name):
    model_class, by = CONTROLS[name]
    assert {result.property_name for result in results(model_class) if result.unexpected} == by


@pytest.mark.parametrize("property_name", MASKS.properties)
def test_every_property_has_two_controls(property_name):
    assert len([name for name, (_, by) in CONTROLS.items() if property_name in by]) >= 2


class RefusesForms(TinyMaskModel):
    def opened(self, given):
        if not given.is_floating_point():
            raise ValueError(f"`attention_mask` must hold floats in 4-D, got {given.dtype}")
        return super().opened(given)


class RefusesUnnamed(TinyMaskModel):
    def opened(self, given):
        if not given.is_floating_point():
            raise ValueError("floats, please")
        return super().opened(given)


@pytest.mark.parametrize(("model_class", "broken"), [(RefusesForms, set()), (RefusesUnnamed, {"mask_forms"})])
def test_a_refusal_counts_if_it_names_the_mask(model_class, broken):
    assert {result.property_name for result in results(model_class) if result.unexpected} == broken


class SeesAll(TinyMaskModel):
    """A right model whose tokens see later tokens."""

    def plain(self, attention_mask, seen, batch, seq):
        mask = super().plain(attention_mask, seen, batch, seq)
        whole = mask.new_ones(()).expand_as(mask)
        return whole if attention_mask is None else whole & (attention_mask[:, None, None, : seen + seq] == 1)


def test_a_right_model_that_is_not_causal_passes():
    assert not MaskSpec(TinyRopeConfig, SeesAll).is_causal
    assert [result.reason for result in results(SeesAll) if result.unexpected] == []


class RoundsOtherwise(TinyMaskModel):
    """The last bits of all tokens depend on the last token, as where experts compute tokens in groups."""

    def forward(self, input_ids, *args, **kwargs):
        result = super().forward(input_ids, *args, **kwargs)
        result["last_hidden_state"] = result[0] * (1 + 1e-7 * input_ids[:, -1:, None])
        return result


def test_rounding_does_not_make_a_model_hear_later_tokens():
    assert MaskSpec(TinyRopeConfig, RoundsOtherwise).is_causal


class WithoutAMask(TinyMaskModel):
    def forward(self, input_ids, position_ids=None):
        return super().forward(input_ids, None, position_ids)


def test_a_model_without_a_mask_is_not_judged():
    assert {result.reason for result in results(WithoutAMask)} == {"WithoutAMask.forward takes no attention_mask"}


def outcome(**attributes) -> unittest.TestResult:
    case = type("MaskTest", (AttentionMaskTestMixin, unittest.TestCase), attributes)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def test_the_mixin_judges_and_its_failures_say_how_to_see_them_again():
    right = outcome(config_class=TinyRopeConfig, model_class=TinyMaskModel)
    assert right.wasSuccessful() and right.testsRun == len(MASKS.tests())
    wrong = outcome(config_class=TinyRopeConfig, model_class=CONTROLS["AddsTrue"][0])
    [text, *_] = [text for test, text in wrong.failures if "mask_forms_eager_bool" in test.id()]
    assert "M2, mask_forms: AddsTrue, attention=eager, variant=bool" in text
    case = "MaskCase(attention='eager', variant='bool', head_dim=8)"
    assert f"MASKS.properties['mask_forms'].check(spec, {case})" in text


def test_the_mixin_names_what_is_missing():
    [(_, text), *_] = outcome(config_class=TinyRopeConfig).errors
    assert "TypeError: MaskTest must set model_class to use AttentionMaskTestMixin" in text
