import unittest

from transformers.models.cosmos3_omni.configuration_cosmos3_omni import Cosmos3OmniConfig
from transformers.models.cosmos3_omni.modeling_cosmos3_omni import Cosmos3OmniForConditionalGeneration

from transformers_conformance.rope import WholeModel
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Cosmos3OmniSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Cosmos3OmniConfig,
        Cosmos3OmniForConditionalGeneration,
        frames_apart=True,
    )
