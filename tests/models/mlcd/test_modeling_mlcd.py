import inspect
import unittest

from transformers.models.mlcd.modeling_mlcd import MLCDRotaryEmbedding

from transformers import MLCDVisionConfig, MLCDVisionModel
from transformers_conformance.rope import Tower
from transformers_conformance.rope.tower import GridTower
from transformers_conformance.testing import CoordinateRotaryTestMixin


class MLCDVisionRotaryTest(CoordinateRotaryTestMixin, unittest.TestCase):
    makes_a_grid = "num_patches_height" in inspect.signature(MLCDRotaryEmbedding.forward).parameters  # in 4.x
    tower = (GridTower if makes_a_grid else Tower)(MLCDVisionConfig, MLCDVisionModel, "half-split")
