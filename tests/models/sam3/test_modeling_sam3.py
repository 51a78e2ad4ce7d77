import unittest

from transformers import Sam3ViTConfig, Sam3ViTModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Sam3ViTRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Sam3ViTConfig, Sam3ViTModel, "interleaved", leading=(1, 1))
