"""Judges the model that `./run_tests --model file.py:ConfigClass:ModelClass` names."""

import os
import unittest

from transformers_conformance.own_code import load_classes
from transformers_conformance.rope import Description, detect_layout
from transformers_conformance.testing import RotaryNdimsOddTestMixin


config, model = load_classes(os.environ["TRANSFORMERS_CONFORMANCE_MODEL"])


class OwnModelRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = config
    model_class = model
    layout = detect_layout(Description(config, model, "half-split"))
