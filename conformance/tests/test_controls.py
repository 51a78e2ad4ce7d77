"""Every check catches the wrong models that it should catch: a suite that never fails would prove nothing."""

import pytest

from tiny_rope import TinyAttention, TinyRopeConfig, TinyRopeModel
from transformers_conformance.core.property import Property, Topic
from transformers_conformance.core.verdict import ConformanceError
from transformers_conformance.rope import ROTARY, RotarySpec
from transformers_conformance.rope.case import test_name
from transformers_conformance.rope.properties import rope_property
from wrong_ropes import CONTROLS


# Tracing takes longer than all other properties together. It follows code and not numbers: a model with wrong numbers
# is traced like the right model. So these properties are judged only on right models and on controls that name them.
TRACED = {"compiled", "exported"}


def broken(spec: RotarySpec, excluded_checks: set[str]) -> set[str]:
    """The properties that fail on a head of five channels with no or an odd rotary width, or on a head of eight."""
    return {name for name, prop in ROTARY.properties.items() if name not in excluded_checks and breaks(prop, spec)}


def breaks(prop: Property, spec: RotarySpec) -> bool:
    if prop.excluded(spec):
        return False
    # All cases of all properties would take minutes more. These cases show the errors.
    grid = list(prop.chosen({"head_dim": (5,)}))
    telling = [axes for axes in grid if (axes["head_dim"], axes["n"]) not in ((5, 2), (5, 4), (8, 8))] or grid
    cases = (case for axes in telling if prop.asks(spec, axes) for case in spec.cases(axes))
    for case in cases:
        try:
            prop.check(spec, case)
        except ConformanceError:
            return True  # other cases would take time and show nothing more
    return False


def spec(name: str) -> RotarySpec:
    control = CONTROLS[name]
    return RotarySpec(control.model_class.config_class, control.model_class, control.layout)


@pytest.mark.parametrize("name", CONTROLS)
def test_control_is_caught_by_exactly_the_named_checks(name):
    by = CONTROLS[name].by
    assert broken(spec(name), set() if by & TRACED else TRACED) == by


@pytest.mark.parametrize("property_name", ROTARY.properties)
def test_every_property_has_two_controls(property_name):
    assert len([name for name, control in CONTROLS.items() if property_name in control.by]) >= 2


def test_there_are_many_controls():
    assert len(CONTROLS) >= 30


def error_of(name: str, property_name: str, n: int) -> ConformanceError:
    control = spec(name)
    case = control.cases_of(5, n)[0]
    with pytest.raises(ConformanceError) as caught:
        ROTARY.properties[property_name].check(control, case)
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
    # The model's class is made at run time, so its module does not have it under its name.
    lines = [line for line in snippet.splitlines() if not line.startswith("from wrong_ropes")]
    with pytest.raises(ConformanceError) as caught:
        exec("\n".join(lines), {"EvenDenominatorModel": CONTROLS["EvenDenominator"].model_class})
    assert str(caught.value) == text


def test_a_check_that_requires_nothing_breaks():
    own = Topic(test_name)  # so that no other test sees it

    @rope_property("R1", topic=own)
    def check_nothing(spec, case, verdict):
        for _ in ():
            verdict.require(True, "what", "expected", "got")

    right = RotarySpec(TinyRopeConfig, TinyRopeModel, "half-split")
    with pytest.raises(ConformanceError, match="R1, nothing: judged nothing"):
        check_nothing(right, right.cases_of(4, 4)[0])


def test_a_model_without_scores_does_not_pass():
    class Blind(TinyAttention):
        def attend(self, q, k, v, mask):
            return v

    model_class = type("BlindModel", (TinyRopeModel,), {"attention_class": Blind})
    blind = RotarySpec(TinyRopeConfig, model_class, "half-split")
    with pytest.raises(ConformanceError, match="NoAttentionError: BlindModel ran, and no product of queries and keys"):
        ROTARY.properties["forward"].check(blind, blind.cases_of(4, 4)[0])


def test_a_model_without_a_table_does_not_pass():
    class Tableless(TinyRopeModel):
        def __init__(self, config):
            super().__init__(config)
            for layer in self.layers:
                layer.rotary = None

    tableless = RotarySpec(TinyRopeConfig, Tableless, "half-split")
    with pytest.raises(ConformanceError, match="NoTableError: Tableless keeps neither"):
        ROTARY.properties["frequencies"].check(tableless, tableless.cases_of(4, 4)[0])
