import unittest

from transformers import Dots3NoteTextConfig, Dots3NoteTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Dots3NoteTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Dots3NoteTextConfig
    model_class = Dots3NoteTextModel
    layout = "half-split"
    rotated_last = True
    # Layers of other kinds have no RoPE, which nothing in the config says.
    config_overrides = {"layer_types": ["indexed_attention", "indexed_attention"]}
