import unittest

from transformers import Inkling2VisionConfig, Inkling2VisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.coordinates import side_by_side
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Inkling2VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(
        Inkling2VisionConfig, Inkling2VisionModel, "interleaved", lambda n, base: side_by_side(n, base)[::-1]
    )
