import unittest

from transformers import Glm5NextVisionConfig, Glm5NextVisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Glm5NextVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Glm5NextVisionConfig, Glm5NextVisionModel, "half-split")
