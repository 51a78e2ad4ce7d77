"""A refusal names key, value and range by whole words; any other error is a crash."""

import math
from dataclasses import dataclass
from typing import Any

import pytest
from huggingface_hub.dataclasses import strict
from huggingface_hub.errors import StrictDataclassClassValidationError
from transformers import LlamaConfig

from tiny_rope import TinyRopeConfig, TinyRopeModel
from transformers_conformance.core.refusal import MISSING, names, names_value, refuses
from transformers_conformance.core.results import judge_case
from transformers_conformance.rope import ROTARY, RotarySpec


@pytest.mark.parametrize(
    ("text", "key", "named"),
    [
        ("`factor` must be at least 1", "factor", True),
        ("config.factor=2", "factor", True),
        ("`partial_rotary_factor` is 2", "factor", False),
        ("factors", "factor", False),
    ],
)
def test_keys_are_whole_words(text, key, named):
    assert names(text, key) is named


@pytest.mark.parametrize(
    ("text", "value", "named"),
    [
        ("from 0 to 1, but is 1.5", 1, True),
        ("but is 1.5.", 1.5, True),
        ("but is 1.5", 1, False),
        ("but is -1", 1, False),
        ("but is -1", -1, True),
        ("but is 11", 1, False),
        ("of v1", 1, False),
        ("from 0.0 to 1.0", 1, True),
        ("but is 1", 1.0, False),
        ("but is nan", math.nan, True),
        ("but is 4", "4", False),
        ("but is '4'", "4", True),
        ('but is "4"', "4", True),
        ("but is None", None, True),
        ("but is [1, 2]", [1, 2], True),
        ("but is True", 1, False),
    ],
)
def test_values_are_whole_and_as_they_were_written(text, value, named):
    assert names_value(text, value) is named


SAID = "`factor` must be a number from 1 to 8, but is 0.5"


@pytest.mark.parametrize(
    ("error", "asked", "bounds", "refused"),
    [
        (ValueError(SAID), {"factor": 0.5}, (1, 8), True),
        (ValueError(SAID), {"rope_parameters": {"rope_type": "linear", "factor": 0.5}}, (), True),
        (ValueError(SAID), {"factor": 0.5}, (1, 9), False),
        (ValueError(SAID), {"factor": 0.25}, (), False),
        (ValueError(SAID), {"rope_theta": 0.5}, (), False),
        (ValueError("the key is 0.5"), {"factor": 0.5}, (), False),
        (TypeError(SAID), {"factor": 0.5}, (), False),
        (KeyError("factor 0.5"), {"factor": 0.5}, (), False),
        (KeyError("missing: {'factor'}"), {"factor": MISSING}, (), True),
        (ValueError("missing: {'factor'}"), {"factor": MISSING}, (), True),
        (KeyError("missing: {'factors'}"), {"factor": MISSING}, (), False),
        (TypeError("missing: {'factor'}"), {"factor": MISSING}, (), False),
    ],
)
def test_a_refusal_has_a_type_a_key_a_value_and_a_range(error, asked, bounds, refused):
    assert refuses(error, asked, bounds) is refused


def test_an_error_of_unpacking_is_not_a_refusal():
    with pytest.raises(ValueError) as caught:
        _, _ = (1,)
    assert not refuses(caught.value, {"factor": 1})


@pytest.mark.parametrize(("factor", "refused"), [(2.5, True), ([], False)])
def test_a_wrapped_error_of_a_validator_is_judged_by_its_cause(factor, refused):
    """A factor out of range is refused. A factor that cannot be compared ends in a TypeError, whose text names it."""

    @strict
    @dataclass
    class Config:
        factor: Any

        def validate_factor(self):
            if isinstance(self.factor, float):
                raise ValueError(f"`factor` must be 1, but is {self.factor}")
            raise TypeError(f"factor and {self.factor} cannot be compared")

    with pytest.raises(StrictDataclassClassValidationError) as caught:
        Config(factor)
    assert refuses(caught.value, {"factor": factor}) is refused


def test_an_error_of_a_field_type_is_a_refusal():
    with pytest.raises(Exception) as caught:
        LlamaConfig(vocab_size="many")
    assert refuses(caught.value, {"vocab_size": "many"})


def raising(error: Exception) -> type:
    class Raising(TinyRopeModel):
        def __init__(self, config):
            raise error

    return Raising


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("not enough values to unpack (expected 2, got 1)"), "crash"),
        (ValueError("`head_dim` must be even"), "crash"),
        (ValueError("`head_dim`=5 must be even"), "refused"),
        (RuntimeError("`head_dim`=5 must be even"), "crash"),
    ],
)
def test_an_error_of_a_model_is_a_crash_unless_it_is_a_refusal(error, status):
    spec = RotarySpec(TinyRopeConfig, raising(error), "half-split")
    (case,) = spec.cases_of(5, 5)
    assert judge_case(ROTARY.properties["forward"], spec, case).status == status
