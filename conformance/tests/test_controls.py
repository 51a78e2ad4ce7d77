"""Every check fires on what it is for: a suite that holds on everything would prove nothing."""

import pytest

from tiny_rope import TinyAttention, TinyRopeConfig, TinyRopeModel
from transformers_conformance.rope import PROPERTIES, ConformanceError, Description, Property
from transformers_conformance.rope.checks import registry
from wrong_ropes import CONTROLS


# Tracing takes longer than all other properties together, and follows code, not numbers: what a slip in numbers gives
# is traced as the right model is. So these are asked of the controls that name one, and of every right model.
TRACED = {"compiled", "exported"}


def broken(description: Description, left_out: set[str]) -> set[str]:
    """Names of the properties that break on a head of five channels, none or odd ones rotary, or of eight."""
    return {name for name, prop in PROPERTIES.items() if name not in left_out and breaks(prop, description)}


def breaks(prop: Property, description: Description) -> bool:
    if prop.not_applicable(description):
        return False
    # Every case of every property would take minutes more; these are where slips show.
    grid = list(prop.grid((5,)))
    telling = [place for place in grid if place[:2] not in ((5, 2), (5, 4), (8, 8))] or grid
    cases = (
        case
        for head_dim, n, rope_type in telling
        if prop.asks(description, rope_type)
        for case in description.cases(head_dim, n, rope_type)
    )
    for case in cases:
        try:
            prop.check(description, case)
        except ConformanceError:
            return True  # the other cases would take time and tell nothing more
    return False


def description(name: str) -> Description:
    control = CONTROLS[name]
    return Description(control.model_class.config_class, control.model_class, control.layout)


@pytest.mark.parametrize("name", CONTROLS)
def test_control_is_caught_by_exactly_the_named_checks(name):
    by = CONTROLS[name].by
    assert broken(description(name), set() if by & TRACED else TRACED) == by


@pytest.mark.parametrize("property_name", PROPERTIES)
def test_every_property_has_two_controls(property_name):
    assert len([name for name, control in CONTROLS.items() if property_name in control.by]) >= 2


def test_there_are_many_controls():
    assert len(CONTROLS) >= 30


def error_of(name: str, property_name: str, n: int) -> ConformanceError:
    control = description(name)
    case = control.cases(5, n)[0]
    with pytest.raises(ConformanceError) as caught:
        PROPERTIES[property_name].check(control, case)
    return caught.value


def test_error_cites_rule_property_model_case_and_place():
    error = error_of("WidthRoundedUp", "rotation", 3)
    assert (error.rule, error.property_name) == ("R3", "rotation")
    for words in (
        "R3, rotation",
        "WidthRoundedUpModel",
        "head_dim=5, rotary_ndims=3",
        "largest error",
        "index (",
        "0.6",
    ):
        assert words in str(error)


def test_reproduction_runs_and_shows_the_same_error():
    text = str(error_of("EvenDenominator", "frequencies", 5))
    snippet = "\n".join(line.removeprefix("  ") for line in text.partition("To see it again:\n")[2].splitlines())
    # The model's class is made on the fly, so its module does not have it under its name.
    lines = [line for line in snippet.splitlines() if not line.startswith("from wrong_ropes")]
    with pytest.raises(ConformanceError) as caught:
        exec("\n".join(lines), {"EvenDenominatorModel": CONTROLS["EvenDenominator"].model_class})
    assert str(caught.value) == text


def test_a_check_that_requires_nothing_breaks(monkeypatch):
    # Registered in a copy, so that no other test sees it.
    monkeypatch.setattr(registry, "PROPERTIES", dict(PROPERTIES))

    @registry.rope_property("R1")
    def check_nothing(description, case, verdict):
        for _ in ():
            verdict.require(True, "what", "expected", "got")

    right = Description(TinyRopeConfig, TinyRopeModel, "half-split")
    with pytest.raises(ConformanceError, match="R1, nothing: judged nothing"):
        check_nothing(right, right.cases(4, 4)[0])


def test_a_model_without_scores_is_not_held_to_be_right():
    class Blind(TinyAttention):
        def attend(self, q, k, v, mask):
            return v

    model_class = type("BlindModel", (TinyRopeModel,), {"attention_class": Blind})
    blind = Description(TinyRopeConfig, model_class, "half-split")
    with pytest.raises(ConformanceError, match="NoAttentionError: BlindModel ran, and no product of queries and keys"):
        PROPERTIES["forward"].check(blind, blind.cases(4, 4)[0])


def test_a_model_without_a_table_is_not_held_to_be_right():
    class Tableless(TinyRopeModel):
        def __init__(self, config):
            super().__init__(config)
            for layer in self.layers:
                layer.rotary = None

    tableless = Description(TinyRopeConfig, Tableless, "half-split")
    with pytest.raises(ConformanceError, match="NoTableError: Tableless keeps neither"):
        PROPERTIES["frequencies"].check(tableless, tableless.cases(4, 4)[0])
