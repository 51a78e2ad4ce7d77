import unittest

import torch

from transformers import MuseGlimmerAssistantConfig, MuseGlimmerAssistantModel
from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.testing import CoordinateRotaryTestMixin


class MuseGlimmerAssistantTower(Tower):
    """Keys are of a context, too, which is empty here: queries and keys are of the same tokens."""

    def attend(self, model: torch.nn.Module, tokens: torch.Tensor, table: tuple) -> None:
        self.attention(model)(tokens[None], context_hidden_states=tokens[None, :0], position_embeddings=table)


class MuseGlimmerAssistantRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = MuseGlimmerAssistantTower(MuseGlimmerAssistantConfig, MuseGlimmerAssistantModel, "half-split", one_axis)
