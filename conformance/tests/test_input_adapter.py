"""Models that take no `input_ids`: they get embeddings, or only their layers run."""

import pickle

import pytest
import torch
from torch import nn
from transformers import PreTrainedModel

from tiny_rope import Rotary, TinyAttention, TinyRopeConfig, TinyRopeModel
from transformers_conformance.core.results import judge, judge_case
from transformers_conformance.harness.input_adapter import NoLayersError
from transformers_conformance.harness.tiny import build_model
from transformers_conformance.rope import ROTARY, RotarySpec
from transformers_conformance.rope.discovery import describe, describe_class


class FeaturesModel(TinyRopeModel):
    def __init__(self, config):
        super().__init__(config)
        self.embed = nn.Identity()

    def forward(self, features, attention_mask=None, position_ids=None, past_key_values=None, use_cache=None):
        return super().forward(features, attention_mask, position_ids, past_key_values)


def everything(x: torch.Tensor) -> torch.Tensor:
    """A mask in which every token sees all tokens."""
    return torch.ones(len(x), 1, x.shape[1], x.shape[1], dtype=torch.bool)


class EncoderAttention(TinyAttention):
    def forward(self, x, position_ids):
        return super().forward(x, everything(x), position_ids)


class Encoder(TinyRopeModel):
    """An encoder whose layers hold tables and take positions."""

    attention_class = EncoderAttention
    supports_gradient_checkpointing = False

    def forward(self, pixel_values):
        raise NotImplementedError


class Angles(Rotary):
    def forward(self, x, position_ids):
        return self.cos_sin(position_ids)


class DoubledAngles(Angles):
    def positions(self, position_ids):
        return 2 * position_ids


class TurnedByAngles(Rotary):
    def cos_sin(self, angles):
        return angles


class AnglesAttention(TinyAttention):
    def forward(self, x, position_embeddings):
        return super().forward(x, everything(x), position_embeddings)


class PartsPreTrainedModel(PreTrainedModel):
    config_class = TinyRopeConfig

    def _init_weights(self, module):
        super()._init_weights(module)
        if isinstance(module, Rotary):
            module.restore()


class Part(nn.Module):
    """Not a model: it has a table, and layers that take the table's angles."""

    angles_class = Angles

    def __init__(self, config):
        super().__init__()
        self.rotary_emb = self.angles_class(config)
        self.layers = nn.ModuleList(AnglesAttention(config, TurnedByAngles(config), layer) for layer in range(2))


class DoubledPart(Part):
    angles_class = DoubledAngles


def spec_of(model_class: type, input_adapter: str) -> RotarySpec:
    return RotarySpec(TinyRopeConfig, model_class, "half-split", input_adapter=input_adapter)


@pytest.mark.parametrize(("model_class", "input_adapter"), [(FeaturesModel, "features"), (Encoder, "layers")])
def test_every_property_holds_of_a_right_model(model_class, input_adapter):
    results = list(judge(ROTARY.properties, spec_of(model_class, input_adapter), {"head_dim": (5,)}))
    assert [result.reason for result in results if result.unexpected] == []
    assert {result.property_name for result in results} == set(ROTARY.properties)


def test_properties_of_the_code_around_layers_do_not_apply():
    reasons = {
        r.property_name: r.reason
        for r in judge(ROTARY.properties, spec_of(Encoder, "layers"), {"head_dim": (4,)})
        if r.case is None
    }
    alone = "of Encoder, its layers run alone"
    assert {name for name, reason in reasons.items() if reason == alone} == {
        "counted",
        "flex",
        "packed",
        "padding",
        "sdpa",
        "unmasked",
    }
    assert {"decoding", "static_decoding"} <= reasons.keys()


def test_only_tables_are_judged_in_a_model_without_tokens_and_positions():
    class Decoder(FeaturesModel):
        def forward(self, features):
            raise NotImplementedError

    results = list(judge(ROTARY.properties, spec_of(Decoder, "features"), {"head_dim": (5,)}))
    reasons = {r.property_name: r.reason for r in results if r.case is None}
    assert reasons["counted"] == "Decoder.forward takes neither tokens nor position_ids"
    assert {r.property_name for r in results if r.status == "pass"} >= {"frequencies", "keys", "range", "warning"}


@pytest.mark.parametrize(("part", "status"), [(Part, "pass"), (DoubledPart, "fail")])
def test_a_part_that_is_not_a_model_is_judged(part, status):
    spec = spec_of(part, "layers")
    (case,) = spec.cases_of(8, 5)
    assert judge_case(ROTARY.properties["rotation"], spec, case).status == status
    for name in ("forward", "passing", "heads", "copies", "state", "saved_model", "exported"):
        assert judge_case(ROTARY.properties[name], spec, case).status == "pass", name


class ProjectedModel(FeaturesModel):
    """Takes twice as many channels as its layers have, and begins with a projection of these channels."""

    def __init__(self, config):
        super().__init__(config)
        self._modules = {"fc": nn.Linear(2 * config.hidden_size, config.hidden_size), **self._modules}

    def forward(self, features, attention_mask=None, position_ids=None):
        return super().forward(self.fc(features), attention_mask, position_ids)


def test_a_model_that_begins_with_a_projection_gets_the_inputs_of_the_projection():
    spec = spec_of(ProjectedModel, "features")
    (case,) = spec.cases_of(8, 5)
    for name in ("forward", "rotation"):
        assert judge_case(ROTARY.properties[name], spec, case).status == "pass", name


def test_an_adapted_model_is_pickled():
    spec = spec_of(FeaturesModel, "features")
    model = build_model(spec, spec.cases_of(8, 8)[0])
    copied = pickle.loads(pickle.dumps(model))
    assert type(copied) is type(model) is spec.adapted_class
    assert isinstance(model, FeaturesModel)


def test_a_model_without_such_layers_says_so():
    class Bare(TinyRopeModel):
        def __init__(self, config):
            super().__init__(config)
            self.layers = nn.ModuleList()

    spec = spec_of(Bare, "layers")
    with pytest.raises(NoLayersError, match="no layers with a table of angles"):
        build_model(spec, spec.cases_of(8, 8)[0])(torch.zeros(1, 3, dtype=torch.long))


def test_an_input_adapter_is_described_and_reproduced():
    found = describe_class(Encoder, "half-split", input_adapter="layers")
    assert (found.layout, found.input_adapter) == ("half-split", "layers")
    spec = spec_of(DoubledPart, "layers")
    assert "input_adapter='layers'" in judge_case(ROTARY.properties["rotation"], spec, spec.cases_of(8, 8)[0]).reason


@pytest.mark.parametrize(
    ("model", "class_name", "input_adapter"),
    [
        ("csm", "CsmBackboneModel", "inputs_embeds"),
        ("mimi", "MimiTransformerModel", "hidden_states"),
        ("glmasr", "GlmAsrEncoder", "layers"),
    ],
)
def test_input_adapters_are_found(model, class_name, input_adapter):
    found = describe(model)
    assert (found.model_class.__name__, found.input_adapter) == (class_name, input_adapter)
