import unittest

from transformers import CsmBackboneModel, CsmConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class CsmBackboneRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CsmConfig
    model_class = CsmBackboneModel
    layout = "half-split"
    input_adapter = "inputs_embeds"
