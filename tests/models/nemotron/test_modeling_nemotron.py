import unittest

from transformers import NemotronConfig, NemotronModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class NemotronRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = NemotronConfig
    model_class = NemotronModel
    layout = "half-split"
