import unittest

from transformers.models.cosmos3_edge.configuration_cosmos3_edge import Cosmos3EdgeConfig
from transformers.models.cosmos3_edge.modeling_cosmos3_edge import Cosmos3EdgeForConditionalGeneration

from transformers import Cosmos3EdgeTextConfig, Cosmos3EdgeTextModel
from transformers_conformance.rope import WholeModel
from transformers_conformance.testing import RotaryNdimsOddTestMixin
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Cosmos3EdgeTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Cosmos3EdgeTextConfig
    model_class = Cosmos3EdgeTextModel
    layout = "half-split"
    rope_types = ()


class Cosmos3EdgeSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Cosmos3EdgeConfig,
        Cosmos3EdgeForConditionalGeneration,
        frames_apart=True,
    )
