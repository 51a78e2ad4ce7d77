import unittest

from transformers import Inkling2VisionConfig, Inkling2VisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import side_by_side
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Inkling2VisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(
        Inkling2VisionConfig, Inkling2VisionModel, "interleaved", lambda n, base: side_by_side(n, base)[::-1]
    )
