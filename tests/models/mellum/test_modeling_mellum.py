import unittest

from transformers import MellumConfig, MellumModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MellumRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MellumConfig
    model_class = MellumModel
    layout = "half-split"
