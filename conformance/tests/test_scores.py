"""On the installed release, a lost factor of DeepSeek's scores in long contexts is caught."""

from importlib import import_module

import pytest

from transformers_conformance.core.results import judge_case
from transformers_conformance.rope import ROTARY, RotarySpec


@pytest.fixture
def module():
    return import_module("transformers.models.deepseek_v3.modeling_deepseek_v3")


def verdict(module, rope_type: str) -> str:
    spec = RotarySpec(module.DeepseekV3Config, module.DeepseekV3Model, "interleaved")
    (case,) = spec.cases_of(8, 8, rope_type)
    return judge_case(ROTARY.properties["softmax_scale"], spec, case).status


def test_the_release_scales_scores_as_deepseek_does(module):
    assert verdict(module, "yarn+mscale") == "pass"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda rope_parameters, scaling: scaling,
        lambda rope_parameters, scaling: scaling * (0.1 * rope_parameters.get("mscale_all_dim", 0) * 1.386 + 1),
    ],
    ids=["the factor is forgotten", "the factor counts once"],
)
def test_a_wrong_factor_is_seen(module, monkeypatch, wrong):
    monkeypatch.setattr(module, "yarn_apply_mscale", wrong)
    assert verdict(module, "default") == "pass"
    assert verdict(module, "yarn+mscale") == "fail"
