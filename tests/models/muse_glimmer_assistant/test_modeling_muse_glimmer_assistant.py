import unittest

import torch

from transformers import MuseGlimmerAssistantConfig, MuseGlimmerAssistantModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class MuseGlimmerAssistantSpec(AxialRotarySpec):
    """Keys are of a context, too, which is empty here: queries and keys are of the same tokens."""

    def attend(self, model: torch.nn.Module, tokens: torch.Tensor, table: tuple) -> None:
        self.attention(model)(tokens[None], context_hidden_states=tokens[None, :0], position_embeddings=table)


class MuseGlimmerAssistantRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = MuseGlimmerAssistantSpec(MuseGlimmerAssistantConfig, MuseGlimmerAssistantModel, "half-split", one_axis)
