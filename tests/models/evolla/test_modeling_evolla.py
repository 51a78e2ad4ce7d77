import inspect
import unittest

import numpy as np
import torch
from torch import nn
from transformers.models.evolla.configuration_evolla import SaProtConfig
from transformers.models.evolla.modeling_evolla import (
    EvollaDecoderLayer,
    EvollaPreTrainedModel,
    EvollaRotaryEmbedding,
    EvollaSaProtProteinEncoder,
    EvollaSaProtRotaryEmbedding,
)

from transformers import EvollaConfig
from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.axial_spec import CountingRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.discovery import describe_class
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class Decoder(EvollaPreTrainedModel):
    """The layers of text alone: the whole model has the table of its protein encoder, too."""

    def __init__(self, config: EvollaConfig):
        super().__init__(config)
        self.layers = nn.ModuleList(EvollaDecoderLayer(config, index) for index in range(config.num_hidden_layers))
        self.rotary_emb = EvollaRotaryEmbedding(config)
        self.post_init()


class EvollaDecoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = EvollaConfig
    model_class = Decoder
    layout = "half-split"
    input_adapter = "layers"
    # On the 4.57 line, eager attention has a key for each head alone.
    config_overrides = describe_class(
        Decoder, "half-split", config_class, input_adapter=input_adapter
    ).config_overrides


class OwnTableSpec(CountingRotarySpec):
    """In 4.x, attention makes its table itself, of frequencies that it keeps."""

    def table(self, model: nn.Module, coordinates: np.ndarray, like: torch.Tensor) -> torch.Tensor:
        return self.rotary(model).inv_freq

    def still(self, table: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(table)

    def attention(self, model: nn.Module) -> nn.Module:
        return next(x for x in model.modules() if getattr(x, "rotary_embeddings", None) is not None)

    def heads(self, model: nn.Module, case: Case, tokens: torch.Tensor, table: torch.Tensor) -> tuple:
        rotary = self.rotary(model)
        kept, rotary.inv_freq, rotary._seq_len_cached = rotary.inv_freq, table, None
        try:
            return super().heads(model, case, tokens, table)
        finally:
            rotary.inv_freq, rotary._seq_len_cached = kept, None


class EvollaSaProtRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    makes_its_table = "k" in inspect.signature(EvollaSaProtRotaryEmbedding.forward).parameters
    spec = (OwnTableSpec if makes_its_table else AxialRotarySpec)(
        SaProtConfig, EvollaSaProtProteinEncoder, "half-split", one_axis
    )
