import unittest

import numpy as np

from transformers import Kimi_K25VisionConfig, Kimi_K25VisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.testing import CoordinateRotaryTestMixin


def by_turns(n: int, base: float) -> np.ndarray:
    """Columns and rows have a frequency each in turn, columns first."""
    rows, columns = np.kron(powers(n // 4, n // 2, base), (0, 1)), np.kron(powers(n // 4, n // 2, base), (1, 0))
    return np.array([rows, columns])


class Kimi_K25VisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(Kimi_K25VisionConfig, Kimi_K25VisionModel, "half-split", by_turns)
