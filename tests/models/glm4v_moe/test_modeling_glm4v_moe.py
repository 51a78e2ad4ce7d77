import unittest

from transformers import Glm4vMoeTextConfig, Glm4vMoeTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Glm4vMoeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Glm4vMoeTextConfig
    model_class = Glm4vMoeTextModel
    layout = "half-split"
