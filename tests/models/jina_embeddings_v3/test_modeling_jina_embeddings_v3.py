import unittest

from transformers import JinaEmbeddingsV3Config, JinaEmbeddingsV3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class JinaEmbeddingsV3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = JinaEmbeddingsV3Config
    model_class = JinaEmbeddingsV3Model
    layout = "half-split"
