import unittest

from tests.adapted.adapters import AdaptedRotaryTestMixin, Flax


class FlaxLlamaRotaryTest(AdaptedRotaryTestMixin, unittest.TestCase):
    framework = Flax
    model = "LlamaModel"
    layout = "half-split"
