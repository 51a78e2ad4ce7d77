"""The checks pass on right implementations, for several ways to write attention."""

import pytest
import torch

from tiny_rope import InterleavedModel, RotaryDimModel, TinyAttention, TinyLayeredModel, TinyRopeConfig, TinyRopeModel
from transformers_conformance.core.results import judge
from transformers_conformance.harness.probe import probe
from transformers_conformance.rope import ROTARY, RotarySpec


class Fused(TinyAttention):
    def attend(self, q, k, v, mask):
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


class Einsum(TinyAttention):
    def attend(self, q, k, v, mask):
        q, k = q.transpose(1, 2), k.transpose(1, 2)
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * self.head_dim**-0.5
        return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1) @ v


class Folded(TinyAttention):
    def attend(self, q, k, v, mask):
        batch, heads, seq, _ = q.shape
        bias = torch.zeros(batch, heads, seq, k.shape[2], dtype=q.dtype)
        bias = bias.masked_fill(~mask, torch.finfo(q.dtype).min).flatten(0, 1)
        scores = torch.baddbmm(bias, q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2), alpha=self.head_dim**-0.5)
        return torch.bmm(scores.softmax(-1), v.flatten(0, 1)).unflatten(0, (batch, heads))


class Grouped(TinyAttention):
    def attend(self, q, k, v, mask):
        q, k, v = (x.unflatten(1, (-1, self.groups)) for x in (q, k, v))
        scores = torch.matmul(q, k.mT) * self.head_dim**-0.5
        scores = scores.masked_fill(~mask[:, None], torch.finfo(scores.dtype).min)
        return torch.matmul(scores.softmax(-1), v).flatten(1, 2)


def model_with(attention: type) -> type:
    made = type(f"TinyRope{attention.__name__}", (TinyRopeModel,), {"attention_class": attention})
    return globals().setdefault(made.__name__, made)  # pickle must find the class by its name


def broken(spec: RotarySpec, head_dims=(4, 5, 7, 8)) -> list[str]:
    return [result.reason for result in judge(ROTARY.properties, spec, {"head_dim": head_dims}) if result.unexpected]


@pytest.mark.parametrize(
    ("model_class", "layout"),
    [
        (TinyRopeModel, "half-split"),
        (TinyLayeredModel, "half-split"),
        (InterleavedModel, "interleaved"),
        (RotaryDimModel, "interleaved"),
    ],
)
def test_every_property_holds(model_class, layout):
    assert broken(RotarySpec(model_class.config_class, model_class, layout)) == []


def test_a_model_without_position_ids_is_judged_by_its_own_positions():
    class WithoutPositions(TinyRopeModel):
        def forward(self, input_ids, attention_mask=None):
            return super().forward(input_ids, attention_mask)

    class WithoutPositionsFromTheEnd(WithoutPositions):
        def counted(self, seen, batch, seq):
            return super().counted(seen, batch, seq).flip(-1)

    for model_class, status in ((WithoutPositions, "pass"), (WithoutPositionsFromTheEnd, "fail")):
        results = judge(ROTARY.properties, RotarySpec(TinyRopeConfig, model_class, "half-split"), {"head_dim": (8,)})
        assert [result.status for result in results if result.property_name == "counted"] == [status]


def test_a_first_layer_without_rope_is_skipped():
    overrides = {"no_rope_layers": [0, 1]}
    assert broken(RotarySpec(TinyRopeConfig, TinyRopeModel, "half-split", config_overrides=overrides), (5,)) == []


@pytest.mark.parametrize("attention", [Fused, Einsum, Folded, Grouped])
def test_every_form_of_the_score_product_is_seen(attention):
    assert broken(RotarySpec(TinyRopeConfig, model_with(attention), "half-split"), (5,)) == []


def test_every_property_is_judged():
    results = judge(ROTARY.properties, RotarySpec(TinyRopeConfig, TinyRopeModel, "half-split"), {"head_dim": (5,)})
    assert {result.property_name for result in results} == set(ROTARY.properties)


def test_no_check_changes_the_shared_model():
    spec = RotarySpec(TinyRopeConfig, TinyRopeModel, "half-split")
    [case] = spec.cases_of(8, 5)
    shared = probe(spec, case).model
    before = attributes(shared)
    for judged in ROTARY.properties.values():
        if judged.excluded(spec) is None and {"head_dim": 8, "n": 5, "rope_type": "default"} in judged.configurations:
            judged.check(spec, case)
    assert probe(spec, case).model is shared
    assert attributes(shared) == before


def attributes(model: torch.nn.Module) -> set[tuple[str, str]]:
    return {(name, attribute) for name, module in model.named_modules() for attribute in vars(module)}
