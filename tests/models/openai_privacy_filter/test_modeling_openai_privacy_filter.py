import unittest

from transformers import OpenAIPrivacyFilterConfig, OpenAIPrivacyFilterModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class OpenAIPrivacyFilterRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = OpenAIPrivacyFilterConfig
    model_class = OpenAIPrivacyFilterModel
    layout = "interleaved"
    score_scale = 1.0  # q and k are scaled before they meet, each by the root of it
