"""Files of strangers: whatever they hold, the doctor ends soon, needs little memory, and names what is wrong."""

import json
import os
import random
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import gguf
import pytest
from doctor_shapes import SHAPES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transformers_conformance.doctor import gguf_file
from transformers_conformance.doctor.diagnosis import diagnose, of_config
from transformers_conformance.doctor.gguf_file import read_gguf
from transformers_conformance.doctor.json_file import DEEPEST, LARGEST
from transformers_conformance.doctor.places import configs_in
from transformers_conformance.doctor.unreadable import UnreadableError


SECONDS, MEMORY = 5.0, 200 * 2**20
NAMES = {
    *("not-found", "not-a-file", "no-access", "too-large", "not-utf-8", "empty", "too-deep", "cut-off", "not-json"),
    *("not-an-object", "not-gguf", "unsupported-version", "lies-about-sizes"),
}
CONFIG = json.dumps(SHAPES["Llama 3.1"].config, indent=2).encode()


def ends_well(path: Path) -> str | None:
    """The name of the error of a file, or None. Fails if the doctor takes long, or much memory, or raises."""
    tracemalloc.start()
    start = time.perf_counter()
    found = diagnose(path)
    assert time.perf_counter() - start < SECONDS
    assert tracemalloc.get_traced_memory()[1] < MEMORY
    tracemalloc.stop()
    json.dumps(found.as_data(), default=str)
    if found.error is None:
        return None
    assert found.error.name in NAMES
    return found.error.name


BROKEN: dict[str, tuple[bytes, str | None]] = {
    "empty": (b"", "empty"),
    "only spaces": (b" \n\t", "empty"),
    "not UTF-8": (b'{"model_type": "\xff\xfe"}', "not-utf-8"),
    "UTF-16": (CONFIG.decode().encode("utf-16"), "not-utf-8"),
    "with a byte order mark": (b"\xef\xbb\xbf" + CONFIG, None),
    "a list": (b"[1, 2]", "not-an-object"),
    "a number": (b"12", "not-an-object"),
    "a text": (b'"llama"', "not-an-object"),
    "null": (b"null", "not-an-object"),
    "deep lists": (b"[" * 200_000 + b"]" * 200_000, "too-deep"),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too-deep"),
    "just too deep": (b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), "too-deep"),
    "as deep as allowed": (b'{"a":' * DEEPEST + b"1" + b"}" * DEEPEST, None),
    "brackets in a text": (json.dumps({"a": "[" * 1000}).encode(), None),
    "too large": (b'{"a": "' + b"x" * LARGEST + b'"}', "too-large"),
    "an open text": (b'{"a": "xyz', "cut-off"),
    "an open object": (b'{"a": 1,', "cut-off"),
    "many open quotes": (b'"' + b'\\"' * 500_000, "cut-off"),
    "a comment": (b'{"a": 1 // one\n}', "not-json"),
    "a single quote": (b"{'a': 1}", "not-json"),
    "YAML": (b"model_type: llama\n", "not-json"),
    "HTML": (b"<html><body>not found</body></html>", "not-json"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "not-json"),
    "a pickle": (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94.", "not-utf-8"),
    "a zip": (b"PK\x03\x04" + b"\x00" * 40, "not-json"),
    "a number of many digits": (b'{"hidden_size": ' + b"9" * 100_000 + b"}", None),
    "infinite numbers": (b'{"model_type": "llama", "rope_theta": 1e999, "head_dim": -Infinity}', None),
    "no numbers": (b'{"model_type": "llama", "rope_theta": NaN, "rotary_dim": NaN, "hidden_size": NaN}', None),
    "a key twice": (b'{"model_type": "bert", "model_type": "llama"}', None),
    "a lone surrogate": (b'{"model_type": "\\ud800", "rope_theta": 1.0, "rope_scaling": {"\\ud800": 1}}', None),
    "steering characters": (b'{"model_type": "\\u001b[2J\\u009b", "rope_theta": 1.0}', None),
    "only the start of GGUF": (b"GGUF", "cut-off"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_has_an_error_by_name(tmp_path, name):
    content, error = BROKEN[name]
    (tmp_path / "config.json").write_bytes(content)
    assert ends_well(tmp_path / "config.json") == error


def test_all_cuts_and_many_changes_of_a_config(tmp_path):
    """Each prefix of a config, and configs with other bytes."""
    file, dice = tmp_path / "config.json", random.Random(0)
    for length in range(len(CONFIG) - 1):
        file.write_bytes(CONFIG[:length])
        assert ends_well(file) in ("empty", "cut-off", "not-json")
    for _ in range(300):
        changed = bytearray(CONFIG)
        for _ in range(dice.randint(1, 8)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        file.write_bytes(changed)
        ends_well(file)


VALUES = [None, True, False, 0, -1, 1, 3, 0.5, -0.5, 1e308, -1e308, 10**18, "", "4", "default", [], [1], ["1"], [None]]
VALUES += [
    {},
    {"a": 1},
    {"rope_type": "yarn"},
    {"full_attention": {}},
    {"full_attention": None},
    [[[]]],
    {"": {"": {}}},
]
KEYS = ("hidden_size", "num_attention_heads", "head_dim", "max_position_embeddings", "rope_theta", "rope_scaling")
KEYS += ("rope_parameters", "partial_rotary_factor", "rotary_dim", "layer_types", "model_type", "transformers_version")
KEYS += ("text_config", "attn_config", "vision_config", "original_max_position_embeddings", "rotary_pct", "auto_map")
INNER = ("rope_type", "type", "factor", "short_factor", "long_factor", "low_freq_factor", "high_freq_factor")
INNER += (
    "beta_fast",
    "beta_slow",
    "attention_factor",
    "original_max_position_embeddings",
    "mrope_section",
    "rope_theta",
)
INNER += ("partial_rotary_factor", "full_attention", "alpha")
SOME = ("Llama 3.1", "Gemma 3", "Gemma 3 of 5.x", "Phi-3.5 mini", "Qwen2-VL", "Qwen3-VL", "GPT-NeoX 20B", "DBRX")


def test_values_of_every_type_for_every_key():
    """A value of another type is a finding or none, and never an error of the doctor."""
    count = 0
    for name in SOME:
        config = dict(SHAPES[name].config)
        inner = next((key for key in ("rope_scaling", "rope_parameters") if config.get(key)), None)
        changes = [config | {key: value} for key in KEYS for value in VALUES]
        changes += [config | {inner: config[inner] | {key: value}} for key in INNER for value in VALUES if inner]
        for changed in changes:
            assert of_config(changed, json.dumps(changed), Path("config.json"), None).error is None
            count += 1
    assert count > 5000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(KEYS + INNER),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS + INNER) | st.text(), inner),
    max_leaves=25,
)
TYPES = ("llama", "gemma3_text", "qwen2_vl", "phi3", "deepseek_v3", "gemma4", "dbrx", "glm4v", "bert", "nothing")
STEADY = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


@STEADY
@given(stated=st.dictionaries(st.sampled_from(KEYS + INNER), JSON), model_type=st.sampled_from(TYPES))
def test_any_json_has_a_diagnosis(tmp_path, stated, model_type):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"model_type": model_type} | stated), encoding="utf-8", errors="surrogatepass")
    found = diagnose(file)
    assert found.error is None or found.error.name in ("not-utf-8", "too-deep")


@STEADY
@given(content=st.binary(max_size=300), start=st.sampled_from([b"", b"{", b"GGUF", b"GGUF\x03\x00\x00\x00"]))
def test_any_bytes_have_an_error_by_name(tmp_path, content, start):
    file = tmp_path / "config.json"
    file.write_bytes(start + content)
    ends_well(file)


def test_folders_pipes_and_links_are_no_configs(tmp_path):
    os.mkfifo(tmp_path / "config.json")
    assert ends_well(tmp_path / "config.json") == "not-a-file"
    with pytest.raises(UnreadableError, match="not-a-file"):
        list(configs_in(tmp_path / "config.json"))
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert ends_well(loop) in ("no-access", "not-found")
    (tmp_path / "inside").symlink_to(tmp_path, target_is_directory=True)
    assert [file.name for file in configs_in(tmp_path)] == ["config.json"]


# --- GGUF ------------------------------------------------------------------------------------------------------------


def write(path: Path, keys: dict[str, object], arrays: dict[str, list] | None = None) -> Path:
    writer = gguf.GGUFWriter(path, "llama")
    add: dict[type, Callable] = {str: writer.add_string, int: writer.add_uint32, float: writer.add_float32}
    add[bool] = writer.add_bool
    for key, value in keys.items():
        add[type(value)](key, value)
    for key, values in (arrays or {}).items():
        writer.add_array(key, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    return path


KEPT = {"llama.rope.freq_base": 500_000.0, "llama.rope.dimension_count": 16, "llama.attention.key_length": 16}
ARRAYS = {"tokenizer.ggml.tokens": [f"token {i}" for i in range(3000)], "llama.rope.dimension_sections": [4, 2, 2, 0]}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.dictionaries(
        st.text("abcdefgh._", min_size=1, max_size=20).filter(lambda key: not key.startswith("general")),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
        | st.integers(0, 2**32 - 1)
        | st.floats(width=32, allow_nan=False)
        | st.booleans(),
        max_size=8,
    )
)
def test_every_key_is_read_as_the_package_of_llama_cpp_reads_it(tmp_path, keys):
    file = write(tmp_path / "a.gguf", keys, ARRAYS)
    read = read_gguf(file).keys
    oracle = {
        name: field.contents() for name, field in gguf.GGUFReader(file).fields.items() if not name.startswith("GGUF.")
    }
    oracle.pop("tokenizer.ggml.tokens")  # long lists are not kept
    assert read == oracle


def test_all_cuts_and_many_changes_of_a_gguf_file(tmp_path):
    whole = write(tmp_path / "whole.gguf", KEPT, {"llama.rope.dimension_sections": [4, 2, 2, 0], "t": ["a", "b"]})
    content, file, dice = whole.read_bytes(), tmp_path / "a.gguf", random.Random(0)
    assert read_gguf(whole).keys["llama.rope.freq_base"] == 500_000.0
    end = len(content.rstrip(b"\0"))
    for length in range(end):
        file.write_bytes(content[:length])
        assert ends_well(file) in ("cut-off", "lies-about-sizes", "not-gguf")
    for _ in range(600):
        changed = bytearray(content)
        for _ in range(dice.randint(1, 4)):
            changed[dice.randrange(len(changed))] = dice.choice((0, 1, 127, 255, dice.randrange(256)))
        file.write_bytes(changed)
        ends_well(file)


def header(tensors: int, keys: int, rest: bytes = b"", version: int = 3, order: str = "<") -> bytes:
    return b"GGUF" + struct.pack(f"{order}IQQ", version, tensors, keys) + rest


def key(name: bytes, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(name)) + name + struct.pack("<I", kind) + value


def nested(depth: int) -> bytes:
    return struct.pack("<IQ", 9, 1) * depth + struct.pack("<IQ", 4, 0)


LIES = {
    "many keys": (header(0, 2**63), "too-large"),
    "many tensors": (header(2**63, 0), "too-large"),
    "more keys than bytes": (header(0, 60_000), "lies-about-sizes"),
    "a long name": (header(0, 1, struct.pack("<Q", 2**62)), "lies-about-sizes"),
    "a long text": (header(0, 1, key(b"a", 8, struct.pack("<Q", 2**63))), "lies-about-sizes"),
    "a long list": (header(0, 1, key(b"a", 9, struct.pack("<IQ", 4, 2**61))), "lies-about-sizes"),
    "a long list of texts": (header(0, 1, key(b"a", 9, struct.pack("<IQ", 8, 2**60))), "lies-about-sizes"),
    "deep lists": (header(0, 1, key(b"a", 9, nested(50))), "too-deep"),
    "an unknown type": (header(0, 1, key(b"a", 99, bytes(8))), "lies-about-sizes"),
    "an old version": (header(0, 0, bytes(8), version=1), "unsupported-version"),
    "a new version": (header(0, 0, bytes(8), version=400), "unsupported-version"),
    "other bytes than UTF-8": (header(0, 1, key(b"\xff\xfe", 4, bytes(4))), "not-utf-8"),
    "many axes": (header(1, 0, key(b"rope_freqs.weight", 2**31, bytes(64))), "lies-about-sizes"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_gguf_file_that_lies_about_its_sizes(tmp_path, name):
    content, error = LIES[name]
    (tmp_path / "a.gguf").write_bytes(content)
    assert ends_well(tmp_path / "a.gguf") == error


def test_a_file_with_the_other_order_of_bytes(tmp_path):
    file = tmp_path / "a.gguf"
    writer = gguf.GGUFWriter(file, "llama", endianess=gguf.GGUFEndian.BIG)
    writer.add_rope_freq_base(777.0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    assert read_gguf(file).keys["llama.rope.freq_base"] == 777.0


def test_a_large_sparse_file_is_read_by_its_header_alone(tmp_path):
    file = write(tmp_path / "a.gguf", KEPT)
    with file.open("r+b") as opened:
        opened.truncate(2**40)
    assert ends_well(file) is None


def test_the_steps_through_a_list_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(gguf_file, "MOST_STEPS", 1000)
    assert ends_well(write(tmp_path / "a.gguf", KEPT, ARRAYS)) == "too-large"


def test_a_vocabulary_is_skipped_soon(tmp_path):
    tokens = header(0, 1, key(b"tokens", 9, struct.pack("<IQ", 8, 300_000)))
    (tmp_path / "a.gguf").write_bytes(tokens + (struct.pack("<Q", 3) + b"abc") * 300_000)
    assert ends_well(tmp_path / "a.gguf") is None
