import unittest

from transformers import DINOv3ViTConfig, DINOv3ViTModel
from transformers_conformance.rope.axial_spec import PatchRotarySpec
from transformers_conformance.rope.coordinates import around_the_center
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class DINOv3ViTRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = PatchRotarySpec(DINOv3ViTConfig, DINOv3ViTModel, "half-split", around_the_center)
