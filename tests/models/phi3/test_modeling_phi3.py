import unittest

from transformers import Phi3Config, Phi3Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Phi3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Phi3Config
    model_class = Phi3Model
    layout = "half-split"
    rope_types = ("longrope",)
    # The config's own length counts, whatever the RoPE parameters say.
    config_overrides = {"original_max_position_embeddings": 128}
