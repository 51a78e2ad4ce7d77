import unittest

from transformers import Kolibri1Config, Kolibri1Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Kolibri1RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Kolibri1Config
    model_class = Kolibri1Model
    layout = "half-split"
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["sliding_attention", "sliding_attention"]}
