import unittest

import numpy as np

from transformers import Kimi_K25VisionConfig, Kimi_K25VisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.rope.testing import AxialRotaryTestMixin


def by_turns(n: int, base: float) -> np.ndarray:
    """Columns and rows have a frequency each in turn, columns first."""
    rows, columns = np.kron(powers(n // 4, n // 2, base), (0, 1)), np.kron(powers(n // 4, n // 2, base), (1, 0))
    return np.array([rows, columns])


class Kimi_K25VisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = AxialRotarySpec(Kimi_K25VisionConfig, Kimi_K25VisionModel, "half-split", by_turns)
