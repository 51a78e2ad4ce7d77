"""Sections that deal the pairs of a head out to the axes of a position fill it, or are refused by name."""

import pytest

from tiny_rope import TinyRopeConfig, TinyRopeModel
from transformers_conformance.rope import PROPERTIES, Description, judge_case


class SectionedModel(TinyRopeModel):
    """Has sections; the positions of a text are the same on all axes, so that they change nothing else."""

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


@pytest.mark.parametrize(
    ("model_class", "status"),
    [
        (SectionedModel, "pass"),
        (SectionsUnchecked, "fail"),
        (SectionsTooLongUnseen, "fail"),
        (SectionsTooShortUnseen, "fail"),
        (SectionsRefusedWithoutAName, "crash"),
        (SectionsFailWithoutAWord, "crash"),
    ],
)
def test_sections_that_do_not_fill_the_width_are_refused_by_name(model_class, status):
    description = Description(TinyRopeConfig, model_class, "half-split")
    (case,) = description.cases(8, 8)
    assert description.width.form.mrope_section
    verdict = judge_case(PROPERTIES["range"], description, case)
    assert verdict.status == status
    assert status == "pass" or "mrope_section" in verdict.reason
