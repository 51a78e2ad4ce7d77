"""Judges the model that `./run_tests --model file.py:ConfigClass:ModelClass:layout` names."""

import unittest
from typing import get_args

from transformers_conformance.core.recording import record
from transformers_conformance.core.refusal import told
from transformers_conformance.core.results import Result
from transformers_conformance.core.settings import settings
from transformers_conformance.harness.own_code import load_model
from transformers_conformance.rope import ROTARY
from transformers_conformance.rope.discovery import describe_stated
from transformers_conformance.rope.reference import Layout
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


# The share of properties that must apply. It is above nine tenths for models of Transformers, and a quarter for a
# model that hides its arguments.
FLOOR = 0.75

_config_class, _model_class, _layout = load_model(settings.model, get_args(Layout))
_found, _retries = describe_stated(_model_class, _config_class, _layout)


class OwnModelRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = _found.config_class
    model_class = _found.model_class
    layout = _found.layout
    config_overrides = _found.config_overrides
    rotated_last = _found.rotated_last
    normed_after_rotation = _found.normed_after_rotation

    def test_tiny_config(self):
        """The first tiny config works, or is refused by name. Each config that failed is recorded as a result."""
        crashes = []
        for retry in _retries:
            status = "refused" if retry.refused else "crash"
            asked = dict(retry.spec.config_overrides) or "nothing beside sizes"
            reason = f"a tiny config was asked for {asked}: {told(retry.error)}"
            record(Result("R6", "tiny_config", _found.model_type, retry.case, status, reason))
            crashes += [reason] * (status == "crash")
        self.assertFalse(crashes, f"judged with {dict(_found.config_overrides)} instead")

    def test_enough_is_asked(self):
        """If few properties apply to a model, they do not show that it is right."""
        reasons = {result.property_name: result.reason for result in self.not_applicable()}
        asked = len(ROTARY.properties) - len(reasons)
        self.assertGreaterEqual(
            asked, FLOOR * len(ROTARY.properties), f"properties apply of {len(ROTARY.properties)}; {reasons}"
        )
