import unittest

from transformers import VaultGemmaConfig, VaultGemmaModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class VaultGemmaRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = VaultGemmaConfig
    model_class = VaultGemmaModel
    layout = "half-split"
