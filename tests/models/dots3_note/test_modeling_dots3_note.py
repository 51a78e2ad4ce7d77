import unittest

from transformers import Dots3NoteTextConfig, Dots3NoteTextModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Dots3NoteTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Dots3NoteTextConfig
    model_class = Dots3NoteTextModel
    layout = "half-split"
    rotated_last = True
    # Layers of the other kind have heads of another size; the rotary width is kept as a share of head_dim.
    config_overrides = {"layer_types": ["indexed_attention", "indexed_attention"], "head_dim": 8}
