"""Every model passes positional arguments to its layers in the order of the layer's signature, also under gradient
checkpointing.

In 4.57.6, CLVP's decoder passes `cache_position` as `use_cache`.
"""

import textwrap
from pathlib import Path

import pytest

from overlay.layout import Layout
from overlay.upstream import known_releases
from tests.utils.layer_calls import Module
from tests.utils.upstream_rope import command_for


LAYOUT = Layout()


def modeling_files(package: Path) -> list[Path]:
    """The modeling files of PyTorch. Models of the other frameworks have no checkpointing."""
    paths = sorted((package / "models").rglob("modeling_*.py"))
    return [path for path in paths if not path.name.startswith(("modeling_tf_", "modeling_flax_"))]


@pytest.mark.parametrize("release", known_releases(LAYOUT))
def test_layers_get_arguments_in_the_order_of_their_signatures(release):
    source = LAYOUT.source(release)
    if not source.exists():
        pytest.skip(f"there is no fork of {release}: {command_for(release)}")
    read, slips, unseen = 0, [], set()
    for path in modeling_files(
        source / "transformers"
    ):  # one syntax tree at a time, because hundreds of them would fill the memory
        module = Module(path)
        calls = list(module.calls())
        read += len(calls)
        slips += [slip for call in calls for slip in call.slips()]
        unseen |= module.made() - {call.layer for call in calls}
    assert slips == [] and read > 300
    assert unseen == set(), "layers that a model makes, and calls in a way that is not read here"


def test_pristine_clvp_passes_a_wrong_argument():
    """The fork of 4.57.6 repairs this call; the newest release passes keyword arguments."""
    package = LAYOUT.upstream("4.57.6") / "transformers"
    if not package.exists():
        pytest.skip("there is no upstream 4.57.6: run ./run_tests --line 4.57")
    found = [slip for call in Module(package / "models/clvp/modeling_clvp.py").calls() for slip in call.slips()]
    assert [slip.partition(": ")[2] for slip in found] == ["ClvpDecoderLayer takes cache_position for its use_cache"]


MODEL = """
class Layer(GradientCheckpointingLayer):
    def forward(self, hidden_states, attention_mask=None, position_ids=None, past_key_values=None):
        ...

class Model:
    def __init__(self, config):
        layers = []
        for index in range(2):
            layers.append(Layer(config, index))
        self.layers = ModuleList(layers)

    def forward(self, hidden_states, causal_mask, position_ids, past_key_values):
        for index, (layer, gate) in enumerate(zip(self.layers, self.gates)):
            hidden_states = CALL
"""


@pytest.mark.parametrize(
    ("call", "slips"),
    [
        ("layer(hidden_states, causal_mask, position_ids, past_key_values)", []),
        ("layer(hidden_states, past_key_values=past_key_values, attention_mask=causal_mask)", []),
        ("layer(hidden_states, causal_mask, *rest)", []),
        ("self.layers[index](hidden_states, None, position_ids)", []),
        ("layer(hidden_states, position_ids, causal_mask)", ["position_ids for its att", "causal_mask for its pos"]),
        ("self._gradient_checkpointing_func(layer.__call__, hidden_states, causal_mask, position_ids)", []),
        ("checkpoint.checkpoint(layer, hidden_states, position_ids)", ["position_ids for its attention_mask"]),
        (
            "self._gradient_checkpointing_func(layer.__call__, hidden_states, causal_mask, past_key_values)",
            ["past_key_values for its position_ids"],
        ),
        ("layer(hidden_states, past_key_value=past_key_values)", ["has no parameter past_key_value"]),
        ("layer(hidden_states, None, None, None, causal_mask)", ["takes 4 arguments by place, and is given 5"]),
    ],
)
def test_wrong_calls_are_reported(tmp_path, call, slips):
    path = tmp_path / "modeling_tiny.py"
    path.write_text(textwrap.dedent(MODEL).replace("CALL", call))
    module = Module(path)
    calls = list(module.calls())
    assert {one.layer for one in calls} == module.made() == {"Layer"}
    found = [slip for one in calls for slip in one.slips()]
    assert len(found) == len(slips) and all(part in slip for part, slip in zip(slips, found, strict=True)), found
