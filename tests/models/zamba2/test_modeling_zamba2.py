import unittest

from transformers import Zamba2Config, Zamba2Model
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class Zamba2RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Zamba2Config
    model_class = Zamba2Model
    layout = "half-split"
    score_scale = 0.5  # heads hold the hidden states and the embeddings beside them
    # 4.57 cannot save blocks that layers share.
    config_overrides = {"num_attention_heads": 8, "num_key_value_heads": 8, "num_mem_blocks": 2}
