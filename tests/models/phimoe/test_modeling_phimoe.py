import unittest

import torch

from transformers import PhimoeConfig, PhimoeModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class PhimoeRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PhimoeConfig
    model_class = PhimoeModel
    layout = "half-split"
    # In training, tokens choose experts by chance.
    config_overrides = {"router_jitter_noise": 0.0}

    def test_each_table_of_longrope_has_the_factor_that_the_config_gives_it(self):
        rope_parameters = {
            "rope_type": "longrope",
            "short_factor": [1.0],
            "long_factor": [2.0],
            "original_max_position_embeddings": 16,
            "short_mscale": 1.25,
            "long_mscale": 1.5,
        }
        sizes = {"hidden_size": 4, "num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 1}
        config = PhimoeConfig(intermediate_size=4, vocab_size=8, rope_parameters=rope_parameters, **sizes)
        rotary = PhimoeModel(config).rotary_emb
        for last, factor, slower in ((15, 1.25, 1.0), (16, 1.5, 2.0)):
            cos, sin = rotary(torch.zeros(1), position_ids=torch.tensor([[0, 1, last]]))
            assert cos[0, 0].tolist() == [factor, factor]
            torch.testing.assert_close(sin[0, 1], factor * torch.tensor([1 / slower] * 2).sin())
