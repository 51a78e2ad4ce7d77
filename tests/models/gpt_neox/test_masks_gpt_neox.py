import unittest

from transformers import GPTNeoXConfig, GPTNeoXModel
from transformers_conformance.masks.testing import AttentionMaskTestMixin


class GPTNeoXMaskTest(AttentionMaskTestMixin, unittest.TestCase):
    config_class = GPTNeoXConfig
    model_class = GPTNeoXModel
