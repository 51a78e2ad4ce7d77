import unittest

from transformers import LlamaConfig, LlamaModel
from transformers_conformance.masks.testing import AttentionMaskTestMixin


class LlamaMaskTest(AttentionMaskTestMixin, unittest.TestCase):
    config_class = LlamaConfig
    model_class = LlamaModel
