"""Properties that do not apply to a model are left out, and a model with special needs is run as it needs."""

import copy
from dataclasses import dataclass

import pytest
import torch
from transformers import DynamicCache, EncoderDecoderCache
from transformers.utils import ModelOutput

from tiny_rope import Rotary, TinyAttention, TinyLayeredConfig, TinyLayeredModel, TinyRopeConfig, TinyRopeModel
from transformers_conformance.core.results import judge_case
from transformers_conformance.rope import ROTARY, RotarySpec


def spec_of(model_class: type) -> RotarySpec:
    return RotarySpec(model_class.config_class, model_class, "half-split")


def statuses(model_class: type, property_name: str) -> set[str]:
    """The statuses of a property on a head of eight channels that is asked to rotate five."""
    spec, prop = spec_of(model_class), ROTARY.properties[property_name]
    assert prop.excluded(spec) is None
    asked = dict.fromkeys(axes["rope_type"] for axes in prop.configurations)
    rope_types = [rope_type for rope_type in asked if rope_type in ("default", "yarn", "linear")]
    cases = [case for rope_type in rope_types for case in spec.cases_of(8, 5, rope_type)]
    return {judge_case(prop, spec, case).status for case in cases}


class OwnCache(DynamicCache):
    pass


class OwnCacheModel(TinyRopeModel):
    """Makes a cache of its own class, and takes no other."""

    def forward(self, input_ids, attention_mask=None, position_ids=None, past_key_values=None, use_cache=None):
        if past_key_values is None and use_cache:
            past_key_values = OwnCache()
        if past_key_values is not None and not isinstance(past_key_values, OwnCache):
            raise ValueError("it has a cache of its own")
        return super().forward(input_ids, attention_mask, position_ids, past_key_values)


class OwnCacheCountedFromZero(OwnCacheModel):
    def counted(self, seen, batch, seq):
        return super().counted(0, batch, seq)


@dataclass
class RenamedOutput(ModelOutput):
    last_hidden_state: torch.Tensor | None = None
    cache: object = None


class RenamedCacheModel(TinyRopeModel):
    """Calls a cache as models do from 5.24 on."""

    def forward(self, input_ids, attention_mask=None, position_ids=None, cache=None, use_cache=None):
        cache = DynamicCache() if cache is None and use_cache else cache
        return RenamedOutput(super().forward(input_ids, attention_mask, position_ids, cache)[0], cache)


class RenamedCacheCountedFromZero(RenamedCacheModel):
    def counted(self, seen, batch, seq):
        return super().counted(0, batch, seq)


class DecoderModel(TinyRopeModel):
    """Keeps two caches, like a decoder that also attends to an encoder's tokens."""

    def forward(self, input_ids, attention_mask=None, position_ids=None, past_key_values=None, use_cache=None):
        if past_key_values is None and use_cache:
            past_key_values = EncoderDecoderCache(DynamicCache(), DynamicCache())
        own = None if past_key_values is None else past_key_values.self_attention_cache
        output = super().forward(input_ids, attention_mask, position_ids, own)
        output.past_key_values = past_key_values
        return output


class DecoderSeesEmptySlots(TinyAttention):
    def fit(self, mask, k):
        return super().fit(mask, k) | (mask.new_ones(k.shape[-2]).cumsum(-1) > mask.shape[-1])


class DecoderModelWithEmptySlots(DecoderModel):
    attention_class = DecoderSeesEmptySlots


@pytest.mark.parametrize(
    ("model_class", "property_name", "status"),
    [
        (OwnCacheModel, "decoding", "pass"),
        (OwnCacheCountedFromZero, "decoding", "fail"),
        (RenamedCacheModel, "decoding", "pass"),
        (RenamedCacheCountedFromZero, "decoding", "fail"),
        (DecoderModel, "decoding", "pass"),
        (DecoderModel, "static_decoding", "pass"),
        (DecoderModelWithEmptySlots, "static_decoding", "fail"),
    ],
)
def test_a_model_decodes_with_the_cache_that_it_makes(model_class, property_name, status):
    assert statuses(model_class, property_name) == {status}


class UnaskedCacheModel(TinyRopeModel):
    """Always passes a cache to each layer, by keyword."""

    def run_layer(self, index, x, mask, position_ids, cache):
        return self.layers[index](x, mask, position_ids, cache=cache or DynamicCache())


def test_a_module_is_called_again_without_the_cache_of_the_first_call():
    assert statuses(UnaskedCacheModel, "compiled") == {"pass"}


class NoParts(TinyRopeModel):
    """Claims to support checkpointing, but has no part to turn it on for."""

    def __init__(self, config):
        super().__init__(config)
        del self.gradient_checkpointing


def test_checkpointing_does_not_apply_without_a_part_to_turn_on():
    reason = ROTARY.properties["checkpointing"].excluded(spec_of(NoParts))
    assert reason == "NoParts has no part that checkpointing can be turned on for"


class Experts(TinyAttention):
    def __init__(self, config, rotary, layer_idx):
        super().__init__(config, rotary, layer_idx)
        self.experts = torch.nn.Parameter(torch.zeros(4, config.hidden_size, config.hidden_size))


class ExpertsModel(TinyRopeModel):
    attention_class = Experts


def test_projections_by_experts_are_not_moved():
    reason = ROTARY.properties["gradcheck"].excluded(spec_of(ExpertsModel))
    assert reason == "ExpertsModel projects by experts, and not by linear layers"
    assert ROTARY.properties["gradcheck"].excluded(spec_of(TinyRopeModel)) is None


class Delayed(TinyAttention):
    """Each token has the value of the token before it, and the first token has the projection of zeros."""

    def values(self, v, position_ids):
        none = self.split(self.v_proj(v.new_zeros(v.shape[0], 1, self.v_proj.in_features)))
        return torch.cat([none, v[..., :-1, :]], dim=-2)


class DelayedModel(TinyRopeModel):
    attention_class = Delayed


class DelayedModelWithoutGradients(DelayedModel):
    class rotary_class(Rotary):
        def forward(self, q, k, position_ids):
            q, k = super().forward(q, k, position_ids)
            return q, k.detach()


@pytest.mark.parametrize(("model_class", "status"), [(DelayedModel, "pass"), (DelayedModelWithoutGradients, "fail")])
def test_gradcheck_does_not_move_a_projection_of_no_token(model_class, status):
    assert statuses(model_class, "gradcheck") == {status}


class Convolved(TinyAttention):
    def __init__(self, config, rotary, layer_idx):
        super().__init__(config, rotary, layer_idx)
        width = self.q_proj.out_features
        self.convolution = torch.nn.Conv1d(width, width, 1, groups=self.heads, bias=False)


class ConvolvedModel(TinyRopeModel):
    attention_class = Convolved


def test_heads_with_other_weights_per_head_are_not_permuted():
    reason = ROTARY.properties["head_permutation"].excluded(spec_of(ConvolvedModel))
    assert reason == "ConvolvedModel has weights for each head beside its projections"
    assert ROTARY.properties["head_permutation"].excluded(spec_of(TinyRopeModel)) is None


def refusing(number: int, text: str) -> type:
    class Refusing(TinyRopeModel):
        def __init__(self, config):
            if config.num_key_value_heads == number:
                raise ValueError(text)
            super().__init__(config)

    return Refusing


@pytest.mark.parametrize(
    ("model_class", "status"),
    [
        (refusing(1, "num_key_value_heads must be even, but is 1"), "pass"),
        (refusing(1, "num_key_value_heads must be even"), "crash"),
        (refusing(1, "it must be even, but is 1"), "crash"),
        (refusing(4, "num_key_value_heads must be 2, but is 4"), "refused"),
    ],
)
def test_one_key_for_all_heads_may_be_refused_by_name_and_more_may_not(model_class, status):
    assert statuses(model_class, "grouped") == {status}


def test_flex_attention_does_not_apply_to_sinks():
    spec = spec_of(TinyRopeModel)
    vars(spec)["has_sinks"] = True
    assert "attention sinks" in ROTARY.properties["flex"].excluded(spec)


class RenamedConfig(TinyLayeredConfig):
    """Keeps parameters by kinds that are not in `layer_types`."""

    model_type = "tiny_renamed"
    __init__ = TinyRopeConfig.__init__

    def standard(self, rope_parameters, older):
        kept = super().standard(rope_parameters, older)
        self.rope_by_type = {f"{kind}_rope": parameters for kind, parameters in self.rope_by_type.items()}
        return kept


class RenamedModel(TinyLayeredModel):
    config_class = RenamedConfig


def test_parameters_by_names_that_no_layer_has_are_not_by_layer_type():
    reason = ROTARY.properties["layer_types"].excluded(spec_of(RenamedModel))
    assert reason == "RenamedConfig has no rotary parameters by type of layer"
    assert ROTARY.properties["layer_types"].excluded(spec_of(TinyLayeredModel)) is None


class SomeScaledConfig(TinyRopeConfig):
    """Names the layers whose rotation is scaled, which are all layers."""

    model_type = "tiny_some_scaled"
    rope_scaling_layers = [0, 1]
    __init__ = TinyRopeConfig.__init__


class Scaled(Rotary):
    @property
    def rope_type(self):
        return self.config.rope["rope_type"]


class Unscaled(Rotary):
    rope_type = "default"

    def table(self, position_ids=None):
        asked, self.config.rope = self.config.rope, {**self.config.rope, "rope_type": "default"}
        try:
            return super().table(position_ids)
        finally:
            self.config.rope = asked


class SomeScaledModel(TinyRopeModel):
    """Also keeps the table of layers that are not scaled."""

    config_class = SomeScaledConfig
    rotary_class = Scaled

    def __init__(self, config):
        super().__init__(config)
        self.unscaled = Unscaled(config)


class SomeScaledForgotten(SomeScaledModel):
    """The two tables are swapped."""

    rotary_class = Unscaled

    def __init__(self, config):
        super().__init__(config)
        self.unscaled = Scaled(config)


@pytest.mark.parametrize(("model_class", "holds"), [(SomeScaledModel, True), (SomeScaledForgotten, False)])
def test_the_table_of_layers_that_are_not_scaled_is_left_out(model_class, holds):
    assert (statuses(model_class, "scaled") == {"pass"}) is holds


class LocalBaseConfig(TinyRopeConfig):
    """Flat keywords; layers with a sliding window have their own base, and `rope_scaling` does not scale them."""

    model_type = "tiny_local_base"
    sliding_window = 512

    def __init__(
        self,
        vocab_size: int = 32,
        hidden_size: int = 16,
        num_hidden_layers: int = 2,
        num_attention_heads: int = 4,
        num_key_value_heads: int = 4,
        head_dim: int = 4,
        max_position_embeddings: int = 512,
        layer_types: list[str] | None = None,
        partial_rotary_factor: float = 1.0,
        rope_theta: float = 10000.0,
        rope_scaling: dict | None = None,
        rope_local_base_freq: float = 1000.0,
        **kwargs,
    ):
        self.rope_local_base_freq = rope_local_base_freq
        super().__init__(
            vocab_size,
            hidden_size,
            num_hidden_layers,
            num_attention_heads=num_attention_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            max_position_embeddings=max_position_embeddings,
            layer_types=layer_types or ["sliding_attention", "full_attention"],
            rope_scaling=rope_scaling,
            rope_theta=rope_theta,
            partial_rotary_factor=partial_rotary_factor,
            **kwargs,
        )


class LocalBaseModel(TinyRopeModel):
    """Keeps the table of layers with a sliding window, also if no layer has one."""

    config_class = LocalBaseConfig
    rotary_class = Scaled

    def __init__(self, config):
        super().__init__(config)
        self.local = self.local_rotary()

    def rotary_of(self, layer):
        windowed = self.config.layer_types[layer] == "sliding_attention"
        return self.local_rotary() if windowed else super().rotary_of(layer)

    def local_rotary(self):
        config = copy.copy(self.config)
        config.rope = dict(config.rope, rope_type="default", rope_theta=self.local_base())
        return self.rotary_class(config)

    def local_base(self):
        return self.config.rope_local_base_freq


class LocalBaseIgnored(LocalBaseModel):
    def local_base(self):
        return self.config.rope["rope_theta"]


@pytest.mark.parametrize(("model_class", "holds"), [(LocalBaseModel, True), (LocalBaseIgnored, False)])
def test_layers_with_windows_have_the_base_that_a_flat_config_gives_them(model_class, holds):
    assert (statuses(model_class, "layers") == {"pass"}) is holds
    assert statuses(model_class, "scaled") == {"pass"}
    assert ROTARY.properties["defaults"].excluded(spec_of(model_class)) is not None


class ScaledAttention(TinyAttention):
    """Multiplies the channels of q after the rotation, each by its own number."""

    def __init__(self, *args):
        super().__init__(*args)
        self.of_channels = torch.nn.Parameter(torch.ones(self.heads * self.head_dim))

    def attend(self, q, k, v, mask):
        return super().attend(q * self.of_channels.view(self.heads, 1, self.head_dim), k, v, mask)


class ScaledModel(TinyRopeModel):
    attention_class = ScaledAttention


@pytest.mark.parametrize(("scaled", "status"), [((), "fail"), (("of_channels",), "pass")])
def test_numbers_that_channels_are_multiplied_by_after_the_rotation_are_levelled(scaled, status):
    spec = RotarySpec(TinyRopeConfig, ScaledModel, "half-split", scaled_after_rotation=scaled)
    (case,) = spec.cases_of(8, 5)
    assert {judge_case(ROTARY.properties[name], spec, case).status for name in ("rotation", "norms")} == {status}
