import unittest

from transformers.models.glm46v.configuration_glm46v import Glm46VConfig
from transformers.models.glm46v.modeling_glm46v import Glm46VForConditionalGeneration

from transformers_conformance.rope import SeveralAxesSpec
from transformers_conformance.rope.testing import SeveralAxesTestMixin


class Glm46VSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    spec = SeveralAxesSpec(
        Glm46VConfig,
        Glm46VForConditionalGeneration,
        frames_apart=True,
    )
