import unittest

import numpy as np

from transformers import MiniMaxM3VLTextConfig, MiniMaxM3VLTextModel, MiniMaxM3VLVisionConfig, MiniMaxM3VLVisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class MiniMaxM3VLTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = MiniMaxM3VLTextConfig
    model_class = MiniMaxM3VLTextModel
    layout = "half-split"


def three_axes(n: int, base: float) -> np.ndarray:
    """Time, rows and columns have a third of the width each, as many whole pairs as fit it."""
    return np.kron(np.eye(3), powers(n // 6, 2 * (n // 6), base))


class MiniMaxM3VLVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(MiniMaxM3VLVisionConfig, MiniMaxM3VLVisionModel, "half-split", three_axes)
