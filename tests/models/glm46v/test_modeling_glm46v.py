import unittest

from transformers.models.glm46v.configuration_glm46v import Glm46VConfig
from transformers.models.glm46v.modeling_glm46v import Glm46VForConditionalGeneration

from transformers_conformance.rope import WholeModel
from transformers_conformance.whole_models import SeveralAxesTestMixin


class Glm46VSeveralAxesTest(SeveralAxesTestMixin, unittest.TestCase):
    whole = WholeModel(
        Glm46VConfig,
        Glm46VForConditionalGeneration,
        frames_apart=True,
    )
