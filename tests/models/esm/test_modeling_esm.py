import unittest

from transformers import EsmConfig, EsmModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class EsmRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = EsmConfig
    model_class = EsmModel
    layout = "half-split"
    score_scale = 1.0  # q is scaled before it is rotated
