import unittest

from transformers.models.cosmos3_edge.configuration_cosmos3_edge import Cosmos3EdgeConfig
from transformers.models.cosmos3_edge.modeling_cosmos3_edge import Cosmos3EdgeForConditionalGeneration

from transformers import Cosmos3EdgeTextConfig, Cosmos3EdgeTextModel
from transformers_conformance.rope import SeveralAxesSpec
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin, SeveralAxesTestMixin


class Cosmos3EdgeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Cosmos3EdgeTextConfig
    model_class = Cosmos3EdgeTextModel
    layout = "half-split"
    rope_types = ()


class Cosmos3EdgeSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Cosmos3EdgeConfig,
        Cosmos3EdgeForConditionalGeneration,
        frames_apart=True,
    )
