import unittest

from transformers import Exaone4_5_VisionConfig, Exaone4_5_VisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Exaone4_5VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Exaone4_5_VisionConfig, Exaone4_5_VisionModel, "half-split")
