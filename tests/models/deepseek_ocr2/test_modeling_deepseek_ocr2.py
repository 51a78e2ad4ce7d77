import unittest

from transformers.models.deepseek_ocr2.configuration_deepseek_ocr2 import DeepseekOcr2VisionEncoderConfig
from transformers.models.deepseek_ocr2.modeling_deepseek_ocr2 import DeepseekOcr2VisionEncoder

from transformers import DeepseekOcr2TextConfig, DeepseekOcr2TextModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class DeepseekOcr2TextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = DeepseekOcr2TextConfig
    model_class = DeepseekOcr2TextModel
    layout = "half-split"


class DeepseekOcr2VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(DeepseekOcr2VisionEncoderConfig, DeepseekOcr2VisionEncoder, "half-split", one_axis)
