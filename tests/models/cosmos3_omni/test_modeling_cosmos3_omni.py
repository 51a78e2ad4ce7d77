import unittest

from transformers.models.cosmos3_omni.configuration_cosmos3_omni import Cosmos3OmniConfig
from transformers.models.cosmos3_omni.modeling_cosmos3_omni import Cosmos3OmniForConditionalGeneration

from transformers_conformance.rope import SeveralAxesSpec
from transformers_conformance.rope.testing import SeveralAxesTestMixin


class Cosmos3OmniSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Cosmos3OmniConfig,
        Cosmos3OmniForConditionalGeneration,
        frames_apart=True,
    )
