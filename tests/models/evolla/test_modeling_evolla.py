import unittest

from torch import nn
from transformers.models.evolla.configuration_evolla import SaProtConfig
from transformers.models.evolla.modeling_evolla import (
    EvollaDecoderLayer,
    EvollaPreTrainedModel,
    EvollaRotaryEmbedding,
    EvollaSaProtProteinEncoder,
)

from transformers import EvollaConfig
from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.discovery import describe_class
from transformers_conformance.testing import CoordinateRotaryTestMixin, RotaryNdimsOddTestMixin


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
    entry = "layers"
    # On the 4.57 line, eager attention has a key for each head alone.
    config_overrides = describe_class(Decoder, config_class, entry=entry).config_overrides


class EvollaSaProtRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(SaProtConfig, EvollaSaProtProteinEncoder, "half-split", one_axis)
