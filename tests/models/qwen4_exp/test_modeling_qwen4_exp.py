import unittest

from transformers import Qwen4ExpVisionConfig, Qwen4ExpVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Qwen4ExpVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Qwen4ExpVisionConfig, Qwen4ExpVisionModel, "half-split")
