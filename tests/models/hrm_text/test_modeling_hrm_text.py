import unittest

from transformers import HrmTextConfig, HrmTextModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class HrmTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = HrmTextConfig
    model_class = HrmTextModel
    layout = "half-split"
    # All cycles propagate gradients, the first too.
    config_overrides = {"L_bp_cycles": [3, 3]}
