import unittest

from transformers import Step3p7TextConfig, Step3p7TextModel, Step3p7VisionConfig, Step3p7VisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.coordinates import side_by_side
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class Step3p7TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Step3p7TextConfig
    model_class = Step3p7TextModel
    layout = "half-split"


class Step3p7VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(
        Step3p7VisionConfig, Step3p7VisionModel, "half-split", lambda n, base: side_by_side(n, base)[::-1]
    )
