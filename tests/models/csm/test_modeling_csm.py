import unittest

from transformers import CsmBackboneModel, CsmConfig
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class CsmBackboneRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CsmConfig
    model_class = CsmBackboneModel
    layout = "half-split"
    entry = "inputs_embeds"
