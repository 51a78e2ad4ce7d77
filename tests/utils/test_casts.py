"""A cast leaves rotary tables in float32, in any module around them."""

import pytest
import torch
from torch import nn
from transformers.models.clvp.modeling_clvp import ClvpRotaryPositionalEmbedding
from transformers.models.dinov3_vit.modeling_dinov3_vit import DINOv3ViTRopePositionEmbedding
from transformers.models.gemma3.modeling_gemma3 import Gemma3RotaryEmbedding
from transformers.models.wav2vec2_conformer.modeling_wav2vec2_conformer import (
    Wav2Vec2ConformerRotaryPositionalEmbedding,
)

from tests.casts import PROPERTIES, Make, Tables, tables
from transformers import (
    ClvpEncoderConfig,
    DINOv3ViTConfig,
    Gemma3TextConfig,
    Llama4VisionConfig,
    LlamaConfig,
    LlamaModel,
    Wav2Vec2ConformerConfig,
)
from transformers.modeling_rope_utils import RotaryEmbeddingMixin
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.llama4.modeling_llama4 import Llama4VisionRotaryEmbedding


class Rotary(RotaryEmbeddingMixin, Tables):
    """Our mixin, with a table of each kind."""


SIZES = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 1, "intermediate_size": 32}
MODULES: dict[str, Make] = {
    "mixin": Rotary,
    "llama": lambda: LlamaRotaryEmbedding(LlamaConfig(**SIZES)),
    "gemma3": lambda: Gemma3RotaryEmbedding(Gemma3TextConfig(**SIZES, head_dim=8)),
    "llama4_vision": lambda: Llama4VisionRotaryEmbedding(Llama4VisionConfig(**SIZES, image_size=8, patch_size=4)),
    "wav2vec2_conformer": lambda: Wav2Vec2ConformerRotaryPositionalEmbedding(Wav2Vec2ConformerConfig(**SIZES)),
    "dinov3_vit": lambda: DINOv3ViTRopePositionEmbedding(DINOv3ViTConfig(**SIZES)),
    "clvp": lambda: ClvpRotaryPositionalEmbedding(
        ClvpEncoderConfig(**SIZES | {"hidden_size": 128, "projection_dim": 64})
    ),
}


@pytest.mark.filterwarnings("ignore:Casting complex values to real")
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", MODULES)
def test_tables(name, holds):
    assert tables(MODULES[name]()), "there are no tables"
    assert holds(MODULES[name])


class Cast(Tables):
    """As upstream: a table is cast like any other buffer."""


class NeverNarrower(Tables):
    """A table never becomes narrower, so a float64 table stays float64."""

    def _apply(self, fn, recurse=True):
        before = tables(self)
        super()._apply(fn, recurse)
        for name, x in before.items():
            cast = getattr(self, name)
            if torch.finfo(cast.dtype).bits < torch.finfo(x.dtype).bits or cast.is_complex() != x.is_complex():
                setattr(self, name, x.to(cast.device))
        return self


class NeverCast(Tables):
    """Tables keep their dtype in every cast, also to a wider type."""

    def _apply(self, fn, recurse=True):
        before = tables(self)
        super()._apply(fn, recurse)
        for name, x in before.items():
            if getattr(self, name).dtype != x.dtype:
                setattr(self, name, x.to(getattr(self, name).device))
        return self


class AlwaysWide(Tables):
    """Tables are always float32."""

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        self.inv_freq, self.sliding_inv_freq = self.inv_freq.float(), self.sliding_inv_freq.float()
        return self


class RealAlone(Tables):
    """Only real tables are kept; complex tables are cast."""

    def _apply(self, fn, recurse=True):
        before = {name: x for name, x in tables(self).items() if not x.is_complex()}
        super()._apply(fn, recurse)
        for name, x in before.items():
            if torch.finfo(getattr(self, name).dtype).bits < 32 <= torch.finfo(x.dtype).bits:
                setattr(self, name, x.to(getattr(self, name).device, torch.float32))
        return self


class OneTable(RealAlone):
    """The table of one layer type is cast, and complex tables are not."""

    def _apply(self, fn, recurse=True):
        before, complex_table = self.inv_freq, self.freqs_cis
        nn.Module._apply(self, fn, recurse)
        if torch.finfo(self.inv_freq.dtype).bits < 32:
            self.inv_freq = before.to(self.inv_freq.device, torch.float32)
        if not self.freqs_cis.is_complex():
            self.freqs_cis = complex_table.to(self.freqs_cis.device)
        return self


class Everything(Tables):
    """No tensor is cast, with or without frequencies."""

    def _apply(self, fn, recurse=True):
        def steady(x):
            cast = fn(x)
            return cast if cast.dtype == x.dtype else x.to(cast.device)

        return super()._apply(steady, recurse)


NARROWED = {
    "survive_a_narrow_cast", "survive_in_a_plain_module", "come_back_from_a_wider_type", "survive_copies",
    "follow_to_another_device",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Casting complex values to real")
@pytest.mark.parametrize(
    ("wrong", "seen"),
    [
        (Cast, NARROWED),
        (NeverNarrower, {"come_back_from_a_wider_type"}),
        (NeverCast, {"follow_to_a_wider_type"}),
        (AlwaysWide, NARROWED | {"follow_to_a_wider_type", "keep_a_type_that_somebody_chose"}),
        (RealAlone, {"survive_a_narrow_cast", "follow_to_another_device"}),  # `half` skips complex tensors
        (OneTable, NARROWED | {"keep_a_type_that_somebody_chose"}),
        (Everything, {"follow_to_a_wider_type", "leave_the_rest_to_the_cast"}),
    ],
)
def test_wrong_rules_fail(wrong, seen):
    assert {holds.__name__ for holds in PROPERTIES if not holds(wrong)} == seen


def test_a_loaded_cast_and_rebuilt_model_has_the_same_table(tmp_path):
    config = LlamaConfig(**SIZES, vocab_size=8)
    model = LlamaModel(config)
    wanted = 1 / config.rope_parameters["rope_theta"] ** (torch.arange(0, 8, 2, dtype=torch.float64) / 8)
    model.save_pretrained(tmp_path)
    loaded = LlamaModel.from_pretrained(tmp_path, dtype=torch.bfloat16)
    made_again = LlamaModel(config).half()
    made_again._init_weights(made_again.rotary_emb)
    for one in (model.half(), loaded, loaded.to(torch.float16), made_again, nn.Sequential(made_again).bfloat16()[0]):
        table = one.rotary_emb.inv_freq
        assert table.dtype == torch.float32 and one.norm.weight.dtype in (torch.float16, torch.bfloat16)
        torch.testing.assert_close(
            table.double(), wanted, rtol=4 * 2**-24, atol=0
        )  # roundings of a quotient, a power, an inverse
