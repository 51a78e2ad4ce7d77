import unittest

from transformers import DoryConfig, DoryModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class DoryRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DoryConfig
    model_class = DoryModel
    layout = "half-split"
    scaled_after_rotation = ("sqk",)
    # Each layer runs once. What `sqk` is multiplied by grows as the range becomes smaller.
    config_overrides = {
        "n_input_layers": 1, "n_output_layers": 1, "n_recurrent_layers": 0, "n_recurrent_loops": 1,
        "initializer_range": 1.0,
    }  # fmt: skip
