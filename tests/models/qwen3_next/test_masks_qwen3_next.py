import unittest

from transformers import Qwen3NextConfig, Qwen3NextModel
from transformers_conformance.masks.testing import AttentionMaskTestMixin


class Qwen3NextMaskTest(AttentionMaskTestMixin, unittest.TestCase):
    config_class = Qwen3NextConfig
    model_class = Qwen3NextModel
