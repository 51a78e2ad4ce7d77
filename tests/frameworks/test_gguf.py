"""The rotary keys and tensors of GGUF files reach the table on the 4.57 line, in every architecture that it loads."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from environment import LINES

from overlay.layout import Layout
from tests.loading.gguf_files import (
    ARCHITECTURES,
    BASE,
    CONTEXT,
    Architecture,
    Rope,
    kind_of,
    ropes,
    stated_table,
    table_deviations,
    write_gguf,
)
from transformers import AutoConfig, AutoModel, modeling_gguf_pytorch_utils
from transformers.integrations import ggml


FILE = "tiny.gguf"
# Architectures that this line does not load, and one whose keys it does not read, because it looks for another name.
LATER = ("minimax-m2", "gpt-oss", "qwen35", "qwen35moe", "qwen2moe")
LOADED = {name: architecture for name, architecture in ARCHITECTURES.items() if name not in LATER}
LOADED["nemotron"] = replace(LOADED["nemotron"], scalings=("none",))  # the class knows only the default type
CASES = [(name, case) for name, architecture in LOADED.items() for case in ropes(architecture)]


def tables(folder: Path, length: int) -> Iterator[tuple[str, np.ndarray, float]]:
    """The table and the factor of a model for a sequence of some length, by the name of the rotary module."""
    config = AutoConfig.from_pretrained(folder, gguf_file=FILE)
    config.num_hidden_layers = 0  # files do not state how many experts these classes make
    for name, rotary in AutoModel.from_config(config).named_modules():
        if name.rpartition(".")[-1].startswith("rotary_emb"):
            rotary(torch.zeros(1, length, 1), torch.arange(length)[None])  # may choose another table
            yield name, rotary.inv_freq.double().numpy(), rotary.attention_scaling


def deviations(folder: Path, architecture: Architecture, rope: Rope) -> list[str]:
    """The differences of a model's tables from those that the file asks for; empty if there are none."""
    write_gguf(folder / FILE, architecture, rope)
    found, asked = [], 0
    for length in (16, CONTEXT):
        for name, table, factor in tables(folder, length):
            of_window = name.endswith("_local")  # only layers without a sliding window are scaled
            own = Rope({"freq_base": architecture.sliding_base}, rope.width) if of_window else rope
            found += table_deviations(table, factor, stated_table(architecture, own, length), own, f"{name}, {length}")
            asked += 1
    assert asked == (4 if architecture.sliding_base else 2)
    return found


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_table_is_that_of_the_file(tmp_path, name, case):
    assert deviations(tmp_path, LOADED[name], ropes(LOADED[name])[case]) == []


def test_every_architecture_with_rope_that_upstream_maps_is_tested():
    mapped = {name for name, keys in ggml.GGUF_CONFIG_MAPPING.items() if "rope.freq_base" in keys}
    mapped |= {"stablelm", "starcoder2"}  # upstream does not read the base
    # mistral files say llama; upstream has no model for deci
    asked = {name.replace("qwen3moe", "qwen3_moe") for name, _ in CASES}
    assert mapped - {"mistral", "deci", "qwen2moe"} == asked


def test_upstreams_reader_fails(tmp_path, monkeypatch):
    """A negative control: upstream does not read keys of scaling and width."""
    monkeypatch.setattr(modeling_gguf_pytorch_utils, "add_gguf_rope_parameters", lambda *arguments: None)
    qwen2 = LOADED["qwen2"]
    caught = {kind_of(case) for case, rope in ropes(qwen2).items() if deviations(tmp_path, qwen2, rope)}
    assert caught == {"partial", "linear", "yarn", "factors"}


def test_the_base_of_layers_with_a_sliding_window_is_read(tmp_path):
    rope = Rope({"freq_base": BASE, "freq_base_swa": 2e4, "scaling.factor": 8.0})
    write_gguf(tmp_path / FILE, LOADED["gemma3"], rope)
    config = AutoConfig.from_pretrained(tmp_path, gguf_file=FILE)
    assert (config.rope_theta, config.rope_local_base_freq) == (BASE, 2e4)
    assert config.rope_scaling == {"rope_type": "linear", "factor": 8.0}


@pytest.mark.parametrize(("name", "kind"), [("nemotron", "linear"), ("phi3", "yarn")])
def test_scaling_that_a_class_does_not_support_is_named_in_a_warning(tmp_path, monkeypatch, name, kind):
    said = []
    monkeypatch.setattr(ggml.logger, "warning", said.append)
    keys = {"freq_base": BASE, "scaling.type": kind, "scaling.factor": 4.0}
    write_gguf(tmp_path / FILE, LOADED[name], Rope(keys))
    config = AutoConfig.from_pretrained(tmp_path, gguf_file=FILE)
    (message,) = said
    assert f"`{name}.rope.scaling.type`={kind!r} is not honoured" in message
    assert getattr(config, "rope_scaling", None) is None


CONFIGS_OF = """
import json, sys
from transformers import AutoConfig
for folder in sys.argv[1:]:
    print(json.dumps(AutoConfig.from_pretrained(folder, gguf_file="tiny.gguf").to_dict(), sort_keys=True))
"""


def test_a_file_without_scaling_gives_the_same_config_as_pristine(tmp_path):
    """R7: a file that pristine reads right (without scaling, with a base and a width that it reads) gives the same."""
    read_wrongly = {
        "stablelm": {"freq_base": 10_000.0},
        "starcoder2": {"freq_base": 10_000.0},
    }  # upstream reads no base
    widths = {"stablelm": 4, "nemotron": 8}  # the width is the class's default
    folders = []
    for name in (*LOADED, "qwen2moe"):
        folders.append(tmp_path / name)
        folders[-1].mkdir()
        rope = Rope(read_wrongly.get(name, {"freq_base": BASE}), widths.get(name))
        write_gguf(folders[-1] / FILE, ARCHITECTURES[name], rope)

    def configs(tree: Path) -> list[dict]:
        command = [sys.executable, "-c", CONFIGS_OF, *map(str, folders)]
        variables = os.environ | {"PYTHONPATH": os.pathsep.join((str(tree), os.environ.get("PYTHONPATH", "")))}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    release, layout = LINES["4.57"].release, Layout()
    pristine, fork = configs(layout.upstream(release)), configs(layout.source(release))
    assert len(pristine) == len(folders)
    assert fork == pristine
