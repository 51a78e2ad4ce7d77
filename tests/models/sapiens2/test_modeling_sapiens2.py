import unittest

from transformers import Sapiens2Config, Sapiens2Model
from transformers_conformance.rope.coordinates import around_the_center
from transformers_conformance.rope.tower import PatchTower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class Sapiens2RotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = PatchTower(Sapiens2Config, Sapiens2Model, "half-split", around_the_center, {"use_qk_norm": False})
