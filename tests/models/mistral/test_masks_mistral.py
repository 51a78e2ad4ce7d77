import unittest

from transformers import MistralConfig, MistralModel
from transformers_conformance.masks.testing import AttentionMaskTestMixin


class MistralMaskTest(AttentionMaskTestMixin, unittest.TestCase):
    config_class = MistralConfig
    model_class = MistralModel
