import unittest

from transformers.models.chameleon import modeling_chameleon

from transformers import ChameleonConfig, ChameleonModel
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


class ChameleonRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = ChameleonConfig
    model_class = ChameleonModel
    layout = "half-split"
    # 4.57 has a class for each of the types that it knows.
    rope_types = (
        ("linear", "dynamic") if hasattr(modeling_chameleon, "ChameleonLinearScalingRotaryEmbedding") else None
    )
