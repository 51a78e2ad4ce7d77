import unittest

from transformers import Sapiens2Config, Sapiens2Model
from transformers_conformance.rope.axial_spec import PatchRotarySpec
from transformers_conformance.rope.coordinates import around_the_center
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class Sapiens2RotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = PatchRotarySpec(
        Sapiens2Config, Sapiens2Model, "half-split", around_the_center, config_overrides={"use_qk_norm": False}
    )
