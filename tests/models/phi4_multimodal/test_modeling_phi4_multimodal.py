import unittest

from transformers import Phi4MultimodalConfig, Phi4MultimodalModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Phi4MultimodalRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Phi4MultimodalConfig
    model_class = Phi4MultimodalModel
    layout = "half-split"
    rope_types = ("longrope",)
    # The config's own length counts, whatever the RoPE parameters say.
    config_overrides = {"original_max_position_embeddings": 128}
