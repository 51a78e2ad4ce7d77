import unittest

from transformers import PersimmonConfig, PersimmonModel
from transformers_conformance.rope import Deviation
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class PersimmonRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = PersimmonConfig
    model_class = PersimmonModel
    layout = "half-split"
    exceptions = {
        "cast": Deviation("the buffer inv_freq is cast with the model"),
        "config_arguments": Deviation("convert_rope_params_to_dict fills in the caller's own dict"),
        "growth": Deviation("dynamic_rope_update keeps a grown table until a batch fits the configured length"),
        "scaling_options": Deviation(
            "attention slices to the partial width, and the proportional table is as wide as the head",
            rope_types=("proportional",),
            widths=(4, 3),
        ),
    }
