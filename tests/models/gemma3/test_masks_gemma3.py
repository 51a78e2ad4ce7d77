import unittest

from transformers import Gemma3TextConfig, Gemma3TextModel
from transformers_conformance.masks.testing import AttentionMaskTestMixin


class Gemma3TextMaskTest(AttentionMaskTestMixin, unittest.TestCase):
    config_class = Gemma3TextConfig
    model_class = Gemma3TextModel
