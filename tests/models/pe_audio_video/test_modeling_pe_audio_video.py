import unittest

from torch import nn
from transformers.models.pe_audio_video.modeling_pe_audio_video import (
    PeAudioVideoEncoderLayer,
    PeAudioVideoEncoderRotaryEmbedding,
    PeAudioVideoPreTrainedModel,
)

from transformers import PeAudioVideoEncoderConfig
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Layers(PeAudioVideoPreTrainedModel):
    """The encoder itself holds those of sound and of video, and the latter's is a model of timm."""

    def __init__(self, config: PeAudioVideoEncoderConfig):
        super().__init__(config)
        self.layers = nn.ModuleList(
            PeAudioVideoEncoderLayer(config, index) for index in range(config.num_hidden_layers)
        )
        self.rotary_emb = PeAudioVideoEncoderRotaryEmbedding(config)
        self.post_init()


class PeAudioVideoEncoderRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(PeAudioVideoEncoderConfig, Layers, "interleaved", one_axis)
