import inspect
import unittest

from transformers.models.mlcd.modeling_mlcd import MLCDRotaryEmbedding

from transformers import MLCDVisionConfig, MLCDVisionModel
from transformers_conformance.rope import AxialRotarySpec
from transformers_conformance.rope.axial_spec import GridRotarySpec
from transformers_conformance.rope.testing import AxialRotaryTestMixin


class MLCDVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    makes_a_grid = "num_patches_height" in inspect.signature(MLCDRotaryEmbedding.forward).parameters  # in 4.x
    spec = (GridRotarySpec if makes_a_grid else AxialRotarySpec)(MLCDVisionConfig, MLCDVisionModel, "half-split")
