import unittest

from transformers import PersimmonConfig, PersimmonModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class PersimmonRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PersimmonConfig
    model_class = PersimmonModel
    layout = "half-split"
