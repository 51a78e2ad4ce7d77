import unittest

import torch

from tests.adapted.adapters import AdaptedRotaryTestMixin, TensorFlow


class TFIdeficsRotaryTest(AdaptedRotaryTestMixin, unittest.TestCase):
    framework = TensorFlow
    model = "IdeficsModel"
    layout = "half-split"
    config_overrides = {"cross_layer_interval": 2}

    @staticmethod
    def other_inputs(config, input_ids):
        picture = torch.zeros(len(input_ids), 1, 1, config.vision_config.embed_dim)
        return {"image_encoder_embeddings": picture, "image_attention_mask": torch.ones_like(input_ids)[..., None]}
