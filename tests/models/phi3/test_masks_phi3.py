import unittest

from transformers import Phi3Config, Phi3Model
from transformers_conformance.masks.testing import AttentionMaskTestMixin


class Phi3MaskTest(AttentionMaskTestMixin, unittest.TestCase):
    config_class = Phi3Config
    model_class = Phi3Model
    config_overrides = {"original_max_position_embeddings": 128}
