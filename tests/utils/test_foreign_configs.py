"""Configs of classes outside Transformers are the same on the fork and on upstream, if upstream loads them.

Each config is built in two processes, one with the fork and one with pristine upstream. The table holds classes as
people write them. Then Hypothesis chooses which attributes exist, which values they have, and when they are set.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overlay.layout import DEFAULT_RELEASE, Layout


WORKER = Path(__file__).with_name("foreign_configs.py")
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}
LINEAR = {"type": "linear", "factor": 2.0}
BASE = {"rope_theta": 1e4}
SIZES = {"hidden_size": 64, "num_attention_heads": 4}
TODAY = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}}
NUMPY = {"rope_type": "linear", "factor": {"numpy": 2.0}}
# Classes as in remote code and in servers: (style, attributes of the class, arguments).
TABLE: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "d_model": ("init last", {"d_model": 64, "num_attention_heads": 4} | TODAY, {}),
    "embed_dim": ("init last", {"embed_dim": 64, "n_heads": 4} | BASE, {"rope_scaling": LINEAR}),
    "hidden_size set late": ("init first", SIZES | TODAY, {}),
    "no heads": ("fields", {"hidden_size": 64, "rope_parameters": None}, TODAY),
    "zero heads": ("fields", SIZES | {"num_attention_heads": 0, "rope_parameters": None}, BASE),
    "a rotary_dim of its own": ("init last", SIZES | {"rotary_dim": 4096}, {}),
    "a list of factors": ("init last", SIZES | {"partial_rotary_factor": [0.5, 1.0]}, {}),
    "a factor above 1": ("of Llama", {}, {"partial_rotary_factor": 2.0}),
    "a NumPy factor": ("of Llama", {}, {"rope_scaling": NUMPY}),
    "a rope type of its own": ("of Llama", {}, {"rope_scaling": {"rope_type": "spiral", "factor": 2.0}}),
    "a factor without a type": ("of Llama", {}, {"rope_scaling": {"factor": 2.0}}),
    "heads of layers": (
        "init last",
        {"num_attention_heads": [4, 8], "hidden_size": 64, "max_position_embeddings": 512} | BASE,
        {"rope_scaling": YARN},
    ),
    "a base for each layer": ("init last", SIZES | {"rope_theta": [1e4, 1e6]}, {}),
    "YaRN in today's form": ("of Llama", {}, {"rope_parameters": YARN | BASE}),
    "kinds of layers": ("of Gemma 3", {}, {"partial_rotary_factor": 0.5}),
    "no class for the model": ("the base itself", {}, {"hidden_size": 64, "rope_parameters": LINEAR | BASE}),
    "a NumPy factor without a class": ("the base itself", {}, {"hidden_size": 64, "rope_parameters": NUMPY | BASE}),
    "a base class without heads": ("the base itself", {}, SIZES | TODAY | {"num_attention_heads": 0}),
}


class Worker:
    """A process that has imported one tree of Transformers."""

    def __init__(self, tree: Path):
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER)],
            env=os.environ | {"PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def outcome(self, described: dict[str, Any]) -> Any:
        self._process.stdin.write(json.dumps(described) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


@pytest.fixture(scope="module")
def builds() -> Iterator[tuple[Worker, Worker]]:
    layout = Layout()
    workers = Worker(layout.upstream(DEFAULT_RELEASE)), Worker(layout.source(DEFAULT_RELEASE))
    yield workers
    for worker in workers:
        worker.close()


def require_equal(builds: tuple[Worker, Worker], described: dict[str, Any]) -> Any:
    """Returns upstream's outcome. If upstream loads the config, the fork must have the same outcome."""
    pristine, fork = (worker.outcome(described) for worker in builds)
    if isinstance(pristine, list):
        assert isinstance(fork, list), fork
        assert fork[0] == pristine[0]
    return pristine


@pytest.mark.parametrize("name", TABLE)
def test_classes_as_people_write_them(builds, name: str):
    style, attributes, arguments = TABLE[name]
    described = {"style": style, "attributes": attributes, "arguments": arguments}
    assert isinstance(require_equal(builds, described), list), "upstream does not load it, so it shows nothing"


def test_a_refusal_changes_the_outcome(builds):
    """A negative control: outcomes differ for configs that upstream refuses, changes or loads."""
    same = {"style": "of Llama", "attributes": {}, "arguments": {"rope_theta": 1e4}}
    other = same | {"arguments": {"rope_theta": 1e6}}
    assert builds[0].outcome(same) != builds[1].outcome(other)
    assert isinstance(builds[0].outcome(same | {"arguments": {"per_layer_config": 3}}), str)


@pytest.mark.parametrize("key", ["rope_scaling", "rope_parameters"])
def test_the_callers_dicts_do_not_change(builds, key: str):
    """For classes that convert their parameters. Upstream writes into these dicts, so the test can fail."""
    given = {key: dict(LINEAR)}
    pristine, fork = (worker.outcome({"style": "of Llama", "attributes": {}, "arguments": given}) for worker in builds)
    assert fork == [pristine[0], given] and pristine[1] != given


_SIZES = st.none() | st.sampled_from([0, 1, 7, 64]) | st.just([4, 8]) | st.sampled_from([64.0, "64"])
_NUMBERS = st.none() | st.sampled_from([0, 0.5, 1, 2.0, -1.0, 1e4, "1e4", {"numpy": 0.5}]) | st.just([0.5, 1.0])
_TYPES = st.sampled_from(["default", "linear", "dynamic", "yarn", "longrope", "llama3", "proportional", "mrope", "su"])
_PARAMETERS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "rope_type": _TYPES,
        "type": _TYPES,
        "rope_theta": _NUMBERS,
        "factor": _NUMBERS,
        "partial_rotary_factor": _NUMBERS,
        "original_max_position_embeddings": _SIZES,
        "mrope_section": st.just([2, 1, 1]),
        "short_factor": st.just([1.0] * 4),
        "long_factor": st.just([2.0] * 4),
    },
)
_ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("hidden_size", "d_model", "num_attention_heads", "n_heads", "head_dim"), _SIZES),
        **dict.fromkeys(("max_position_embeddings", "qk_rope_head_dim", "rotary_dim"), _SIZES),
        **dict.fromkeys(("rope_theta", "partial_rotary_factor"), _NUMBERS),
        **dict.fromkeys(("rope_parameters", "rope_scaling"), _PARAMETERS),
        "layer_types": st.none() | st.just(["full_attention", "sliding_attention"]),
    },
)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["init last", "init first", "fields", "of Llama", "of Gemma 3"]), _ATTRIBUTES, _ATTRIBUTES)
def test_classes_of_any_attributes(builds, style: str, attributes: dict[str, Any], arguments: dict[str, Any]):
    require_equal(builds, {"style": style, "attributes": attributes, "arguments": arguments})
