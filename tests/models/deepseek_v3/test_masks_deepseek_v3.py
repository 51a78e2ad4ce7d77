import unittest

from transformers import DeepseekV3Config, DeepseekV3Model
from transformers_conformance.masks.testing import AttentionMaskTestMixin


class DeepseekV3MaskTest(AttentionMaskTestMixin, unittest.TestCase):
    config_class = DeepseekV3Config
    model_class = DeepseekV3Model
