import unittest
from typing import Any

from transformers import (
    Dots3NoteAudioConfig,
    Dots3NoteAudioModel,
    Dots3NoteTextConfig,
    Dots3NoteTextModel,
    Dots3NoteVisionConfig,
    Dots3NoteVisionModel,
)
from transformers_conformance.rope import AxialRotarySpec, Case
from transformers_conformance.rope.coordinates import one_axis
from transformers_conformance.rope.testing import AxialRotaryTestMixin, RotaryNdimsOddTestMixin


class Dots3NoteTextRotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Dots3NoteTextConfig
    model_class = Dots3NoteTextModel
    layout = "half-split"
    rotated_last = True
    # Layers of the other kind have heads of another size; the rotary width is kept as a share of head_dim.
    config_overrides = {"layer_types": ["indexed_attention", "indexed_attention"], "head_dim": 8}


class Dots3NoteVisionSpec(AxialRotarySpec):
    """Its adapter is as wide as itself, and no layer of it has experts."""

    def config_values(self, case: Case) -> dict[str, Any]:
        values = super().config_values(case)
        dense = ["dense"] * values["num_hidden_layers"]
        return values | {"mlp_layer_types": dense, "adapter_in_dim": values["hidden_size"]}


class Dots3NoteVisionRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = Dots3NoteVisionSpec(Dots3NoteVisionConfig, Dots3NoteVisionModel, "half-split")


class Dots3NoteAudioSpec(AxialRotarySpec):
    """Where it is not asked for a share of the head, half of it turns. Its adapter is as wide as itself."""

    def cases_of(self, head_dim: int, n: int, rope_type: str = "default") -> list[Case]:
        return [Case(head_dim, n, n / head_dim)]

    def config_values(self, case: Case) -> dict[str, Any]:
        values = super().config_values(case)
        return values | {"adapter_input_size": values["hidden_size"]}


class Dots3NoteAudioRotaryTest(AxialRotaryTestMixin, unittest.TestCase):
    spec = Dots3NoteAudioSpec(Dots3NoteAudioConfig, Dots3NoteAudioModel, "half-split", one_axis)
