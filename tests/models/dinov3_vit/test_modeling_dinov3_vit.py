import unittest

from transformers import DINOv3ViTConfig, DINOv3ViTModel
from transformers_conformance.rope.coordinates import around_the_center
from transformers_conformance.rope.tower import PatchTower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class DINOv3ViTRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = PatchTower(DINOv3ViTConfig, DINOv3ViTModel, "half-split", around_the_center)
