import unittest

from transformers import Phi3Config, Phi3Model
from transformers_conformance.rope.description import ROPE_TYPE_OPTIONS
from transformers_conformance.rope.deviation import Deviation
from transformers_conformance.testing import RotaryNdimsOddTestMixin


class Phi3RotaryTest(RotaryNdimsOddTestMixin, unittest.TestCase):
    config_class = Phi3Config
    model_class = Phi3Model
    layout = "half-split"
    rope_types = ("longrope",)
    # The config's own length counts, whatever the RoPE parameters say.
    config_overrides = {"original_max_position_embeddings": 128}
    exceptions = (
        Deviation(
            reason="yarn is read as longrope, which first checkpoints meant by it: the refusal speaks of factor lists",
            link="https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/models/phi3/configuration_phi3.py#L101",
            properties=("scaled", "scaling_options"),
            rope_types=("yarn", *(x for x in ROPE_TYPE_OPTIONS if x.startswith("yarn+"))),
        ),
        Deviation(
            reason="a length in rope_parameters is replaced by the config's own, so another one cannot be asked for",
            link="https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/modeling_rope_utils.py#L839",
            properties=("scaling_options",),
            rope_types=("longrope+inferred",),
        ),
    )
