"""What the doctor says of a config is what a model does that is built from it, on upstream and on the fork."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout
from tests.loading.gguf_files import ARCHITECTURES, CONTEXT, ropes, stated_table, write_gguf
from tests.loading.test_given_configs import CASES as GIVEN
from tests.loading.test_given_configs import QUIET
from transformers_conformance.doctor.diagnosis import diagnose
from transformers_conformance.doctor.geometry import Layers, Part, parts, read
from transformers_conformance.doctor.releases import release_of
from transformers_conformance.rope.reference import inverse_frequencies


sys.path.insert(0, str(REPOSITORY / "conformance" / "tests"))
from doctor_shapes import LLAMA, RULES, SHAPES  # noqa: E402


WORKER = Path(__file__).with_name("doctor_tables.py")
CONFIGS: dict[str, Mapping[str, Any]] = {name: shape.config for name, shape in SHAPES.items() if shape.built}
CONFIGS |= {f"given, {name}": config for name, (config, given, later, _) in GIVEN.items() if not (given or later)}
CONFIGS |= {f"quiet, {name}": config for name, config in QUIET.items()}
WRONG = {f"wrong, {rule}": LLAMA | wrong for rule, (wrong, _) in RULES.items()}
TREES = {"5.x": Layout().upstream(DEFAULT_RELEASE), "fork": Layout().source(DEFAULT_RELEASE)}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, dict[str, Any]]:
    """By reader and config, the tables of the model."""
    file = tmp_path_factory.mktemp("doctor") / "configs.json"
    file.write_text(json.dumps(CONFIGS | WRONG))
    running = {
        reader: subprocess.Popen(
            [sys.executable, str(WORKER), str(file)],
            env=os.environ | {"PYTHONPATH": str(tree)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for reader, tree in TREES.items()
    }
    return {reader: json.loads(worker.communicate()[0]) for reader, worker in running.items()}


def text_of(config: Mapping[str, Any]) -> Part:
    return [part for part in parts(config) if not part.path.startswith("vision")][0]


def deviations(layers: Layers, part: Part, held: Mapping[str, Any], reader: str) -> list[str]:
    """What a table and its factor do not have of what the doctor says; empty if it says the truth."""
    length, _ = part.size("max_position_embeddings")
    parameters = {key: value for key, value in layers.parameters.items() if value is not None}
    base = layers.base
    if parameters.get("alpha"):  # HunYuan's own way to scale
        base = base * parameters["alpha"] ** (layers.head_dim / (layers.head_dim - 2))
    if layers.rope_type in ("yarn", "longrope", "llama3"):
        parameters.setdefault("original_max_position_embeddings", length)
    expected, factor = inverse_frequencies(
        layers.rotary_ndims,
        base,
        {"rope_type": layers.rope_type} | parameters,
        max_position_embeddings=length,
        head_dim=layers.head_dim,
    )
    table = np.asarray(held["table"])
    more = layers.rotary_ndims % 2 if reader == "5.x" else 0  # upstream counts the channel without a partner
    found = [] if len(table) == len(expected) + more else [f"{len(table)} entries for {len(expected)}"]
    if not found and not np.allclose(table[: len(expected)], expected, rtol=5e-6, atol=0):
        found.append(f"{table.tolist()} for {expected.tolist()}")
    if not np.isclose(held["factor"], factor, rtol=1e-6):
        found.append(f"a factor of {held['factor']} for {factor}")
    return found


@pytest.mark.parametrize("reader", TREES)
@pytest.mark.parametrize("name", CONFIGS)
def test_what_is_said_is_what_a_model_does(built, name, reader):
    held = built[reader][name]
    fails = reader == "5.x" and name in SHAPES and SHAPES[name].fails_on_upstream
    assert ("error" in held) == fails
    if fails:
        return
    part = text_of(CONFIGS[name])
    said = {layers.kind: layers for layers in read(part, reader)}
    assert said.keys() == held.keys()
    assert {kind: deviations(layers, part, held[kind], reader) for kind, layers in said.items()} == {
        kind: [] for kind in said
    }


@pytest.mark.parametrize(
    "change", [{"base": 99.0}, {"rotary_ndims": 14}, {"rope_type": "linear", "parameters": {"factor": 2.0}}], ids=str
)
def test_another_claim_would_be_found(built, change):
    """A negative control."""
    part = text_of(CONFIGS["Llama 3"])
    (layers,) = read(part, "fork")
    vars(layers).update(change)
    assert deviations(layers, part, built["fork"]["Llama 3"][""], "fork")


@pytest.mark.parametrize("name", WRONG)
def test_a_severe_finding_is_what_the_fork_refuses(built, tmp_path, name):
    (tmp_path / "config.json").write_text(json.dumps(WRONG[name]))
    severe = [one.text for one in diagnose(tmp_path / "config.json").findings if one.severe]
    assert ("error" in built["fork"][name]) == bool(severe), (built["fork"][name], severe)


GGUF = [(name, case) for name, architecture in ARCHITECTURES.items() for case in ropes(architecture)]


@pytest.mark.parametrize(("name", "case"), GGUF)
def test_what_is_said_of_a_gguf_file_is_what_the_file_asks_for(tmp_path, name, case):
    """`test_gguf.py` compares the model's tables with `stated_table`; here, it is what the doctor says."""
    architecture = ARCHITECTURES[name]
    rope = ropes(architecture)[case]
    write_gguf(tmp_path / "a.gguf", architecture, rope)
    (layers,) = (found := diagnose(tmp_path / "a.gguf")).layers
    assert layers.head_dim == architecture.head_dim
    assert layers.rotary_ndims == (rope.width or architecture.head_dim)
    assert layers.base == rope.keys["freq_base"]
    angles, _ = stated_table(architecture, rope, CONTEXT)
    plain = layers.base ** (-2 * np.arange(layers.rotary_ndims // 2) / layers.rotary_ndims)
    assert (layers.rope_type != "default") == (not np.allclose(angles, plain))
    if layers.rope_type == "linear":
        assert np.allclose(angles, plain / layers.parameters["factor"])
    differs = layers.rope_type != "default" or layers.rotary_ndims < layers.head_dim
    differs |= name in ("stablelm", "starcoder2")
    assert ({finding.rule for finding in found.findings} == {"differs"}) == differs


# Findings that are true of the defaults of a class: these classes are only used with sizes of their checkpoints.
DEFAULTS_WITH_FINDINGS = {
    **dict.fromkeys(("glm4_moe", "glm4v_moe", "glm4v_moe_text"), {"head-not-whole", "odd-width"}),
    **dict.fromkeys(("qwen3_omni_moe", "qwen3_omni_moe_text", "qwen3_omni_moe_thinker"), {"head-not-whole"}),
}
DEFAULTS = """
import json
from transformers import CONFIG_MAPPING

for name in CONFIG_MAPPING.keys():
    try:
        text = CONFIG_MAPPING[name]().to_json_string(use_diff=False)
    except Exception:  # a class that has no default, such as one made of two others
        continue
    print(json.dumps([name, text]))
"""


def test_of_what_upstream_saves_by_default_nothing_is_said(tmp_path):
    """A config that upstream writes itself, of every class, has no finding but those that are true of it."""
    environment = os.environ | {"PYTHONPATH": str(TREES["5.x"])}
    done = subprocess.run(
        [sys.executable, "-c", DEFAULTS], env=environment, capture_output=True, text=True, check=True
    )
    saved = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    found = {}
    for name, text in saved.items():
        (tmp_path / "config.json").write_text(text)
        diagnosis = diagnose(tmp_path / "config.json", release_of(DEFAULT_RELEASE))
        assert diagnosis.error is None, name
        if diagnosis.findings:
            found[name] = {one.rule for one in diagnosis.findings}
    assert found == DEFAULTS_WITH_FINDINGS
    assert len(saved) > 500
