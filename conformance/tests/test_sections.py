"""An `mrope_section` that does not divide all pairs of a head among the axes causes an error or a warning."""

import pytest
import torch

from tiny_rope import TinyRopeConfig, TinyRopeModel, logger
from transformers_conformance.core.results import judge_case
from transformers_conformance.rope import ROTARY, RotarySpec


class SectionedModel(TinyRopeModel):
    """Has sections. They do not change its results, because the positions of text are equal on all axes."""

    def __init__(self, config):
        super().__init__(config)
        self.check_sections(config.rope.get("mrope_section"), config.rotary_ndims // 2)

    def check_sections(self, sections, pairs):
        if sum(sections) != pairs:
            raise ValueError(f"`mrope_section`={sections} must sum to {pairs}")


class SectionsUnchecked(SectionedModel):
    def check_sections(self, sections, pairs):
        pass


class SectionsTooLongUnseen(SectionedModel):
    def check_sections(self, sections, pairs):
        if sum(sections) < pairs:
            super().check_sections(sections, pairs)


class SectionsTooShortUnseen(SectionedModel):
    def check_sections(self, sections, pairs):
        if sum(sections) > pairs:
            super().check_sections(sections, pairs)


class SectionsRefusedWithoutAName(SectionedModel):
    def check_sections(self, sections, pairs):
        if sum(sections) != pairs:
            raise ValueError("The size of tensor a must match the size of tensor b")


class SectionsFailWithoutAWord(SectionedModel):
    def check_sections(self, sections, pairs):
        assert sum(sections) == pairs, f"mrope_section={sections}"


class SectionsWarnedOf(SectionedModel):
    def check_sections(self, sections, pairs):
        if sum(sections) != pairs:
            logger.warning(f"`mrope_section`={sections} must sum to {pairs}")


class SectionsWarnedOfWithoutASum(SectionedModel):
    def check_sections(self, sections, pairs):
        if sum(sections) != pairs:
            logger.warning(f"`mrope_section`={sections} does not fit")


class SectionsThatTurnText(SectionsWarnedOf):
    def check_sections(self, sections, pairs):
        super().check_sections(sections, pairs)
        self.turned = sum(sections) != pairs

    def forward(self, *args, position_ids=None, **kwargs):
        return super().forward(*args, position_ids=2 * position_ids if self.turned else position_ids, **kwargs)


class SectionsThatCrashText(SectionsThatTurnText):
    def forward(self, *args, position_ids=None, **kwargs):
        if self.turned:
            torch.zeros(2).expand(3)
        return super().forward(*args, position_ids=position_ids, **kwargs)


@pytest.mark.parametrize(
    ("model_class", "status"),
    [
        (SectionedModel, "pass"),
        (SectionsUnchecked, "fail"),
        (SectionsTooLongUnseen, "fail"),
        (SectionsTooShortUnseen, "fail"),
        (SectionsRefusedWithoutAName, "crash"),
        (SectionsFailWithoutAWord, "crash"),
        (SectionsWarnedOf, "pass"),
        (SectionsWarnedOfWithoutASum, "fail"),
        (SectionsThatTurnText, "fail"),
        (SectionsThatCrashText, "crash"),
    ],
)
def test_sections_that_do_not_fill_the_width_are_refused_by_name(model_class, status):
    spec = RotarySpec(TinyRopeConfig, model_class, "half-split")
    (case,) = spec.cases_of(8, 8)
    assert spec.width.form.mrope_section
    verdict = judge_case(ROTARY.properties["range"], spec, case)
    assert verdict.status == status
    assert status == "pass" or "mrope_section" in verdict.reason
