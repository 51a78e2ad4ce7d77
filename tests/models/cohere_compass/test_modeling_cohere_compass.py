import unittest

from transformers import CohereCompassTextConfig, CohereCompassTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class CohereCompassTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = CohereCompassTextConfig
    model_class = CohereCompassTextModel
    layout = "half-split"
