"""Judges the model that `./run_tests --model file.py:ConfigClass:ModelClass` names."""

import os
import unittest

from transformers_conformance.own_code import load_classes
from transformers_conformance.rope.discovery import describe_or_assume
from transformers_conformance.testing import RotaryNdimsOddTestMixin


_config_class, _model_class = load_classes(os.environ["TRANSFORMERS_CONFORMANCE_MODEL"])
_found = describe_or_assume(_model_class, _config_class)


class OwnModelRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = _found.config_class
    model_class = _found.model_class
    layout = _found.layout
    config_overrides = _found.config_overrides
    rotated_last = _found.rotated_last
    normed_after_rotation = _found.normed_after_rotation
