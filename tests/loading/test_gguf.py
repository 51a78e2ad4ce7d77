"""The rotary keys and tensors of GGUF files reach the table, in every architecture that Transformers loads."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout
from tests.loading.gguf_files import (
    ARCHITECTURES,
    BASE,
    CONTEXT,
    SCALED,
    Architecture,
    Rope,
    kind_of,
    ropes,
    stated_table,
    table_deviations,
    write_gguf,
)
from transformers import AutoConfig, AutoModelForCausalLM
from transformers import modeling_gguf_pytorch_utils as legacy
from transformers.integrations import ggml


FILE = "tiny.gguf"


CASES = [(name, case) for name, architecture in ARCHITECTURES.items() for case in ropes(architecture)]


def model_tables(model: torch.nn.Module, length: int) -> dict[str | None, tuple[torch.Tensor, float]]:
    """The table and the factor of a model for a sequence of some length; by layer type, if it has several."""
    (rotary,) = (module for name, module in model.named_modules() if name.endswith("rotary_emb"))
    layer_types = getattr(rotary, "layer_types", None) if isinstance(rotary.rope_type, dict) else None
    found = {}
    for layer_type in sorted(set(layer_types)) if layer_types else [None]:
        keyword = {} if layer_type is None else {"layer_type": layer_type}
        prefix = "" if layer_type is None else f"{layer_type}_"
        rotary(torch.zeros(1, length, 1), torch.arange(length)[None], **keyword)  # may choose another table
        found[layer_type] = getattr(rotary, f"{prefix}inv_freq"), getattr(rotary, f"{prefix}attention_scaling")
    return found


def deviations(folder: Path, architecture: Architecture, rope: Rope) -> list[str]:
    """The differences of a loaded model's tables from those that the file asks for; empty if there are none."""
    write_gguf(folder / FILE, architecture, rope)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=FILE, dtype=torch.float32)
    found = []
    for length in (16, CONTEXT):
        for layer_type, (table, factor) in model_tables(model, length).items():
            asked = rope
            if layer_type == "sliding_attention":  # only layers without a sliding window are scaled
                asked = Rope({"freq_base": architecture.sliding_base}, rope.width)
            stated, place = stated_table(architecture, asked, length), f"{layer_type}, {length} tokens"
            found += table_deviations(table.double().numpy(), factor, stated, asked, place)
    return found


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_table_is_that_of_the_file(tmp_path, name, case):
    architecture = ARCHITECTURES[name]
    assert deviations(tmp_path, architecture, ropes(architecture)[case]) == []


def test_both_tables_of_gemma3_are_compared(tmp_path):
    write_gguf(tmp_path / FILE, ARCHITECTURES["gemma3"], Rope({"freq_base": BASE}))
    model = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=FILE)
    assert model_tables(model, 16).keys() == {"full_attention", "sliding_attention"}


def test_every_architecture_with_rope_that_upstream_maps_is_tested():
    from transformers.integrations.gguf import GGUF_CONFIG_ARCHS

    mapped = {name for name, keys in ggml.GGUF_CONFIG_MAPPING.items() if "rope.freq_base" in keys}
    mapped |= {"stablelm", "starcoder2"}  # upstream does not read the base
    mapped |= GGUF_CONFIG_ARCHS.keys()
    # mistral files say llama; upstream has no model for deci; Gemma 4 is tested below
    others = {"mistral", "deci", "gemma4"}
    asked = {name.replace("-", "_").replace("moe", "_moe") for name in ARCHITECTURES if not ARCHITECTURES[name].fast}
    asked |= {name for name in ARCHITECTURES if ARCHITECTURES[name].fast}
    assert mapped - others == asked


def nothing(config, metadata, tensors):
    """As upstream does: does not read the file's keys of scaling."""


def edited(edit):
    def reader(config, metadata, tensors):
        metadata, tensors = edit(dict(metadata), dict(tensors))
        original(config, metadata, tensors)

    original = ggml.add_gguf_rope_parameters
    return reader


def without(*endings):
    return edited(
        lambda metadata, tensors: (
            {key: value for key, value in metadata.items() if not key.endswith(endings)},
            {key: value for key, value in tensors.items() if not key.startswith(endings)},
        )
    )


WRONG_READERS = {
    "nothing": (nothing, {"partial", "linear", "yarn", "factors"}),
    "no type": (without("scaling.type"), {"none", "yarn"}),
    "no length": (without("original_context_length"), {"yarn", "factors"}),
    "no betas": (without("beta_fast", "beta_slow"), {"yarn"}),
    "no factor of the attention": (without("attn_factor"), {"yarn", "factors"}),
    "no width": (without("dimension_count"), {"partial"}),
    "no tensor": (without("rope_freqs", "rope_factors"), {"factors"}),
    "factors multiply": (
        edited(lambda metadata, tensors: (metadata, {key: 1 / tensor for key, tensor in tensors.items()})),
        {"factors"},
    ),
    "long is short": (
        edited(
            lambda metadata, tensors: (
                metadata,
                {
                    key: tensors[key.replace("long", "x").replace("short", "long").replace("x", "short")]
                    for key in tensors
                },
            )
        ),
        {"factors"},
    ),
}


@pytest.mark.parametrize("wrong", WRONG_READERS)
def test_a_wrong_reader_fails(tmp_path, monkeypatch, wrong):
    reader, kinds = WRONG_READERS[wrong]
    monkeypatch.setattr(legacy, "add_gguf_rope_parameters", reader)
    architecture = ARCHITECTURES["qwen2"]
    caught = set()
    for case, rope in ropes(architecture).items():
        try:
            failed = bool(deviations(tmp_path, architecture, rope))
        except ValueError:  # refused, because the table has another width
            failed = True
        if failed:
            caught.add(kind_of(case))
    assert kinds <= caught


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_everything_that_a_file_states_is_honoured(tmp_path, data):
    architecture = ARCHITECTURES[data.draw(st.sampled_from(sorted(ARCHITECTURES)), "architecture")]
    kind = data.draw(st.sampled_from(architecture.scalings), "scaling")
    even = st.integers(2, architecture.head_dim // 2).map(lambda pairs: 2 * pairs)
    if architecture.name.startswith("qwen35"):
        even = even.filter(lambda width: width >= 6)  # a pair for each axis
    width = None if architecture.whole else data.draw(st.none() | even, "width")
    width = width or architecture.head_dim
    keys = {"freq_base": data.draw(st.floats(5e3, 5e5, width=32), "base")}
    tensors = {}
    factor = st.floats(1, 40, width=32)
    if kind == "factors":
        divisor = st.lists(st.floats(1, 64, width=32), min_size=width // 2, max_size=width // 2)
        names = data.draw(st.sampled_from([["rope_freqs"], ["rope_factors_long", "rope_factors_short"]]), "tensors")
        tensors = {name: data.draw(divisor, name) for name in names}
        keys["scaling.attn_factor"] = data.draw(st.floats(0.5, 2, width=32), "attn_factor")
        keys["scaling.original_context_length"] = data.draw(st.integers(17, CONTEXT - 1), "original")
    else:
        keys["scaling.type"] = kind
        keys["scaling.factor"] = data.draw(factor, "factor")
    if kind == "yarn":
        keys["scaling.original_context_length"] = data.draw(st.integers(64, 8192), "original")
        keys["scaling.yarn_beta_fast"] = data.draw(st.floats(4, 40, width=32), "beta_fast")
        keys["scaling.yarn_beta_slow"] = data.draw(st.floats(0.5, 2, width=32), "beta_slow")
    assert deviations(tmp_path, architecture, Rope(keys, width, tensors)) == []


def test_gemma4_states_the_pairs_that_turn_by_a_tensor(tmp_path):
    gemma4 = Architecture("gemma4", head_dim=32)
    tensor = [1.0] * 6 + [1e30] * 10  # as llama.cpp's converter writes it
    rope = Rope({"freq_base": BASE, "freq_base_swa": 5e3}, tensors={"rope_freqs": tensor})
    write_gguf(tmp_path / FILE, gemma4, rope)
    model = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=FILE, dtype=torch.float32)
    tables = model_tables(model, 16)
    angles, _ = stated_table(gemma4, Rope({"freq_base": BASE}), 16)
    expected = np.where(np.arange(16) < 6, angles, 0.0)
    tolerance = 4 * (1 + math.log(BASE)) * torch.finfo(torch.float32).eps
    np.testing.assert_allclose(tables["full_attention"][0].double().numpy(), expected, rtol=tolerance)
    assert tables["sliding_attention"][0][1].item() == pytest.approx(5e3 ** (-2 / 256), rel=tolerance)


def test_the_base_of_layers_with_a_sliding_window_is_read(tmp_path):
    gemma3 = ARCHITECTURES["gemma3"]
    write_gguf(tmp_path / FILE, gemma3, Rope({"freq_base": BASE, "freq_base_swa": 2e4, "scaling.factor": 8.0}))
    parameters = AutoConfig.from_pretrained(tmp_path, gguf_file=FILE).rope_parameters
    assert parameters["sliding_attention"] == {"rope_type": "default", "rope_theta": 2e4}
    assert parameters["full_attention"] == {"rope_type": "linear", "factor": 8.0, "rope_theta": BASE}


UNHONOURED = {
    "scaling.type": ("llama", Rope({"freq_base": BASE, "scaling.type": "dynamic"}), "'dynamic'"),
    "scaling.attn_factor": ("llama", Rope({"freq_base": BASE, "scaling.attn_factor": 2.0}), "2.0"),
    "scaling.yarn_ext_factor": (
        "llama",
        Rope({"freq_base": BASE, "scaling.type": "yarn", "scaling.factor": 2.0, "scaling.yarn_ext_factor": 0.5}),
        "0.5",
    ),
    "freq_base_swa": ("qwen2", Rope({"freq_base": BASE, "freq_base_swa": 1e4}), "10000.0"),
    "scaling.type, of Phi-3": ("phi3", Rope({"freq_base": BASE} | SCALED | {"scaling.type": "yarn"}), "'yarn'"),
    "rope_freqs": ("lfm2", Rope({"freq_base": BASE}, tensors={"rope_freqs": [1.0] * 8}), "rope_freqs.weight"),
}


@pytest.mark.parametrize("key", UNHONOURED)
def test_a_key_that_is_not_honoured_is_named_in_a_warning(tmp_path, monkeypatch, key):
    name, rope, value = UNHONOURED[key]
    warned = []
    monkeypatch.setattr(ggml.logger, "warning", warned.append)
    write_gguf(tmp_path / FILE, ARCHITECTURES[name], rope)
    AutoConfig.from_pretrained(tmp_path, gguf_file=FILE)
    (message,) = warned
    assert "not honoured" in message and value in message and key.split(",")[0] in message


@pytest.mark.parametrize(("name", "case"), [case for case in CASES if case[1] not in UNHONOURED])
def test_a_key_that_is_honoured_gives_no_warning(tmp_path, monkeypatch, name, case):
    warned = []
    monkeypatch.setattr(ggml.logger, "warning", warned.append)
    write_gguf(tmp_path / FILE, ARCHITECTURES[name], ropes(ARCHITECTURES[name])[case])
    AutoConfig.from_pretrained(tmp_path, gguf_file=FILE)
    assert warned == []


def test_a_tensor_of_another_width_is_refused(tmp_path):
    write_gguf(tmp_path / FILE, ARCHITECTURES["llama"], Rope({"freq_base": BASE}, tensors={"rope_freqs": [1.0] * 7}))
    with pytest.raises(ValueError, match=r"`rope_freqs.weight` needs 8 entries for 16 rotary channels, but has 7"):
        AutoConfig.from_pretrained(tmp_path, gguf_file=FILE)


def test_a_config_from_a_file_is_saved_and_read_again(tmp_path):
    rope = ropes(ARCHITECTURES["llama"])["factors of two lengths"]
    write_gguf(tmp_path / FILE, ARCHITECTURES["llama"], rope)
    config = AutoConfig.from_pretrained(tmp_path, gguf_file=FILE)
    config.save_pretrained(tmp_path)
    assert AutoConfig.from_pretrained(tmp_path).rope_parameters == config.rope_parameters


CONFIGS_OF = """
import json, sys
from transformers import AutoConfig
for folder in sys.argv[1:]:
    config = AutoConfig.from_pretrained(folder, gguf_file="tiny.gguf").to_dict()
    print(json.dumps(config, sort_keys=True))
"""


def configs_of(folders: list[Path], *path: str) -> list[dict]:
    command = [sys.executable, "-c", CONFIGS_OF, *map(str, folders)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": ":".join(path)}
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_a_file_without_scaling_gives_the_same_config_as_pristine(tmp_path):
    """R7: a file that pristine reads right (without scaling, with a base and a width that it reads) gives the same."""
    folders = []
    read_wrongly = {
        "stablelm": {"freq_base": 10_000.0},
        "starcoder2": {"freq_base": 10_000.0},
    }  # upstream reads no base
    widths = {"stablelm": 4, "nemotron": 8}  # the width is the class's default
    for name, architecture in ARCHITECTURES.items():
        folder = tmp_path / name
        folder.mkdir()
        write_gguf(folder / FILE, architecture, Rope(read_wrongly.get(name, {"freq_base": BASE}), widths.get(name)))
        folders.append(folder)
    pristine = Layout(REPOSITORY).upstream(DEFAULT_RELEASE)
    before, now = configs_of(folders, str(pristine)), configs_of(folders)
    assert len(now) == len(folders)
    assert now == before
