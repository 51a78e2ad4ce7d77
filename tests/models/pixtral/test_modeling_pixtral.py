import unittest

import numpy as np

from transformers import PixtralVisionConfig, PixtralVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.rope.coordinates import powers
from transformers_conformance.testing import CoordinateRotaryTestMixin


def shared(n: int, base: float) -> np.ndarray:
    """Rows have every other frequency of the whole width, columns those between; rows come first."""
    whole = powers(n // 2, n, base)
    rows, columns = whole[0::2], whole[1::2]
    return np.array([np.append(rows, 0 * columns), np.append(0 * rows, columns)])


class PixtralVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    tower = Tower(PixtralVisionConfig, PixtralVisionModel, "half-split", shared)
