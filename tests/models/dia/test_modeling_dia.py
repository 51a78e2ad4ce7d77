import unittest

from transformers.models.dia.modeling_dia import DiaEncoder

from transformers import DiaEncoderConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DiaEncoderRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DiaEncoderConfig
    model_class = DiaEncoder
    layout = "half-split"
    input_adapter = "layers"
    score_scale = 1.0  # q and k are not scaled at all
