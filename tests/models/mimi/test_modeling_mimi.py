import unittest

from transformers.models.mimi.modeling_mimi import MimiTransformerModel

from transformers import MimiConfig
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class MimiTransformerRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MimiConfig
    model_class = MimiTransformerModel
    layout = "half-split"
    input_adapter = "hidden_states"
