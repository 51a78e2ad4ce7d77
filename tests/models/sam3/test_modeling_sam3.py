import unittest

from transformers import Sam3ViTConfig, Sam3ViTModel
from transformers_conformance.rope import Tower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Sam3ViTRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Sam3ViTConfig, Sam3ViTModel, "interleaved", leading=(1, 1))
