"""Descriptions of models, which are found by running the models."""

from typing import get_args

import pytest
from torch import nn
from transformers import MllamaTextConfig, MllamaTextModel

from tiny_rope import (
    InterleavedModel,
    InterleavedRotary,
    Rotary,
    RotaryDimModel,
    TinyAttention,
    TinyLayeredModel,
    TinyRopeModel,
)
from transformers_conformance.core.results import judge
from transformers_conformance.rope import ROTARY
from transformers_conformance.rope.discovery import (
    NoDescriptionError,
    describe,
    describe_class,
    model_classes,
    rope_models,
)
from transformers_conformance.rope.reference import Layout


class ReversedRotary(Rotary):
    def turned(self, a, b, cos, sin):
        return a * cos + b * sin, b * cos - a * sin


class LastRotary(Rotary):
    def turn(self, x, position_ids):
        n = 2 * (self.config.rotary_ndims // 2)
        return super().turn(x.roll(n, dims=-1), position_ids).roll(-n, dims=-1)


class LastInterleavedRotary(LastRotary, InterleavedRotary):
    pass


class NormedAttention(TinyAttention):
    """As in HunYuan: rotated q and k pass a norm of each head, with weights."""

    def __init__(self, *args):
        super().__init__(*args)
        self.q_norm, self.k_norm = (nn.RMSNorm(self.head_dim) for _ in range(2))

    def rotated(self, q, k, position_ids):
        q, k = super().rotated(q, k, position_ids)
        return self.q_norm(q), self.k_norm(k)


def model_with(**parts) -> type:
    name = "TinyRope" + "".join(part.__name__ for part in parts.values())
    return globals().setdefault(name, type(name, (TinyRopeModel,), parts | {"__module__": __name__}))


FORMS = [
    (TinyRopeModel, "half-split", False, False),
    (TinyLayeredModel, "half-split", False, False),
    (InterleavedModel, "interleaved", False, False),
    (RotaryDimModel, "interleaved", False, False),
    (model_with(rotary_class=ReversedRotary), "half-split-reversed", False, False),
    (model_with(rotary_class=LastRotary), "half-split", True, False),
    (model_with(rotary_class=LastInterleavedRotary), "interleaved", True, False),
    (model_with(attention_class=NormedAttention), "half-split", False, True),
]


@pytest.mark.parametrize(("model_class", "layout", "rotated_last", "normed"), FORMS)
def test_a_model_is_described_as_it_is(model_class, layout, rotated_last, normed):
    found = describe_class(model_class, layout)
    assert (found.layout, found.rotated_last, found.normed_after_rotation) == (layout, rotated_last, normed)
    assert found.config_overrides == {}


@pytest.mark.parametrize(("model_class", "layout"), [form[:2] for form in FORMS])
def test_a_model_is_not_described_with_another_layout(model_class, layout):
    for other in set(get_args(Layout)) - {layout}:
        with pytest.raises(NoDescriptionError, match=f"turns no pairs as {other} does"):
            describe_class(model_class, other)


@pytest.mark.parametrize(("model_class", "layout"), [FORMS[i][:2] for i in (4, 6, 7)])
def test_every_property_holds_for_a_described_model(model_class, layout):
    results = list(judge(ROTARY.properties, describe_class(model_class, layout), {"head_dim": (5,)}))
    assert [result.reason for result in results if result.unexpected] == []
    assert {result.property_name for result in results} == set(ROTARY.properties)


class NoRope(TinyAttention):
    def rotated(self, q, k, position_ids):
        return q, k


class Stretched(Rotary):
    def turned(self, a, b, cos, sin):
        return a * (1 + sin), b * (1 + sin)


class Large(TinyRopeModel):
    def __init__(self, config):
        super().__init__(config)
        self.table = nn.Embedding(2**10, 2**10)


class SecondLayerWithoutRope(TinyAttention):
    def rotated(self, q, k, position_ids):
        return super().rotated(q, k, position_ids) if self.layer_idx == 0 else (q, k)


class Broken(TinyRopeModel):
    def forward(self, input_ids, attention_mask=None, position_ids=None):
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("model_class", "said"),
    [
        (model_with(attention_class=NoRope), r"positions move the channels \[\[\], \[\]\]"),
        (model_with(attention_class=SecondLayerWithoutRope), r"positions move the channels \[\[0, 1, 2, 3\], \[\]\]"),
        (model_with(rotary_class=Stretched), "turns no pairs as half-split does"),
        (Large, r"is not tiny: table.weight is \(1024, 1024\)"),
        (Broken, "RuntimeError: not today"),
    ],
)
def test_a_model_that_cannot_be_judged_says_why(model_class, said):
    with pytest.raises(NoDescriptionError, match=said):
        describe_class(model_class, "half-split")


def test_all_layers_are_of_the_kind_with_rope():
    class ByKind(TinyAttention):
        def rotated(self, q, k, position_ids):
            sliding = self.config.layer_types[self.layer_idx] == "sliding_attention"
            return super().rotated(q, k, position_ids) if sliding else (q, k)

    class ByKindModel(TinyLayeredModel):
        attention_class = ByKind

    assert describe_class(ByKindModel, "half-split").config_overrides == {"layer_types": ["sliding_attention"] * 2}


def test_models_are_found_by_what_their_files_define():
    found = list(rope_models())
    assert {"llama", "gptj", "deepseek_v3", "mllama", "esm"} <= set(found)
    assert not {"bert", "gpt2", "t5"} & set(found)


def test_an_encoder_is_described_and_not_the_model_around_it():
    assert model_classes("mllama")[0] == (MllamaTextModel, MllamaTextConfig, "input_ids")
    found = describe("mllama")
    assert (found.model_class.__name__, found.layout) == ("MllamaTextModel", "half-split")


def test_a_folder_without_a_model_to_judge_says_so():
    with pytest.raises(
        NoDescriptionError, match="PixtralVisionModel, layers: .* has no layers with a table of angles"
    ):
        describe("pixtral")
