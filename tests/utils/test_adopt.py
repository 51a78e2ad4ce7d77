"""What `make adopt` says of a release, and what it writes."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from adopt.__main__ import adopt
from adopt.report import Status

from overlay.errors import OverlayError
from overlay.layout import DEFAULT_RELEASE, Layout
from overlay.take import take
from overlay.upstream import digest_of, find_pin, known_releases, nearest_release, read_manifest


NEW = "999.0.0"
LLAMA, MISTRAL = "models/llama/modeling_llama.py", "models/mistral/modeling_mistral.py"
NEOX = "models/gpt_neox/modular_gpt_neox.py"
ENTRIES = """\
- rewrite: LlamaRotaryEmbedding.forward
  series: odd-rotary-dims
  description: Join the halves
  issue: 1
  rule: {pattern: "emb = torch.cat((freqs, freqs), dim=-1)"}
  fix: emb = torch.cat([freqs, freqs], dim=-1)
- rewrite: apply_rotary_pos_emb
  series: odd-rotary-dims
  description: Take the sines
  issue: 1
  rule: {pattern: sin.unsqueeze($DIM)}
  fix: sin[:, None]
  extra_roots:
    - models/gpt_neox/modular_gpt_neox.py::apply_rotary_pos_emb
- rewrite: repeat_kv
  series: odd-rotary-dims
  description: Repeat heads
  issue: 1
  rule: {pattern: n_rep == 1}
  fix: n_rep <= 1
- addition: LlamaRotaryEmbedding.width
  series: odd-rotary-dims
  description: Say the width
  issue: 1
"""
CODE = """\
class LlamaRotaryEmbedding:
    def width(self):
        return 2 * self.inv_freq.numel()
"""


@pytest.fixture
def release(checkout):
    """A small checkout with edits that are locked, and a newer release that a test changes."""
    root = checkout.layout.root
    checkout.overlay(LLAMA, ENTRIES, CODE)
    (root / "src" / "exempt.yml").write_text("[]")
    (root / "models_changed.txt").write_text("llama mistral gpt_neox")
    checkout.lock()
    shutil.copytree(checkout.layout.upstream(checkout.release), checkout.layout.upstream(NEW))
    return NewRelease(checkout.layout)


def manifest_of(layout: Layout) -> dict[str, str]:
    home = layout.upstream(NEW)
    return read_manifest(home / "transformers", home)


class NewRelease:
    def __init__(self, layout: Layout):
        self.layout = layout

    def change(self, file: str, old: str, new: str) -> None:
        path = self.layout.upstream(NEW) / "transformers" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def adopt(self, capsys) -> tuple[Status, str]:
        (self.layout.upstream(NEW) / "manifest.json").write_text(json.dumps(manifest_of(self.layout)))
        status = adopt(self.layout, NEW)
        return status, capsys.readouterr().out


def files_of(layout: Layout) -> dict[str, bytes]:
    """What a commit would hold."""
    paths = [path for folder in ("lines", "src") for path in (layout.root / folder).rglob("*") if path.is_file()]
    return {path.relative_to(layout.root).as_posix(): path.read_bytes() for path in paths}


def test_what_applies_as_before_is_pinned_and_locked(release, capsys):
    status, told = release.adopt(capsys)
    assert "5  applies as before" in told
    pins = known_releases(release.layout)
    assert pins[NEW].digest == digest_of(manifest_of(release.layout)) and pins[NEW].layers == ("src",)
    assert release.layout.lock(NEW).read_text() == release.layout.lock(DEFAULT_RELEASE).read_text()
    assert release.layout.exempt_lock(NEW).exists()
    assert status is Status.COVER, "its rotations have no exemption here"
    before = files_of(release.layout)
    assert release.adopt(capsys)[0] is status and files_of(release.layout) == before, "the second time changes nothing"


def test_a_change_that_edits_survive_is_told_and_written(release, capsys):
    release.change(MISTRAL, "hidden_states.shape\n    if n_rep == 1", "hidden_states.shape[:4]\n    if n_rep == 1")
    release.change(LLAMA, "def repeat_kv(", "def added(): ...\n\n\ndef repeat_kv(")
    _, told = release.adopt(capsys)
    assert "root: applies, and reaches other copies" in told
    assert f"-{MISTRAL}::repeat_kv" in told
    assert NEW in known_releases(release.layout)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (LLAMA, "n_rep == 1", "n_rep <= 1", ["is applied by upstream", "::repeat_kv::Repeat heads"]),
        (LLAMA, "n_rep == 1", "1 == n_rep", ["does not take hold", "-    if n_rep == 1", "+    if 1 == n_rep"]),
        (
            LLAMA,
            "def repeat_kv",
            "def repeat_heads",
            ["is gone", "has no such definition", "nearest: models/"],
        ),
        (NEOX, "def apply_rotary_pos_emb", "def apply_other", ["is gone", f"{NEOX}::apply_rotary_pos_emb"]),
        (
            LLAMA,
            "class LlamaRotaryEmbedding(nn.Module):",
            "class LlamaRotaryEmbedding(nn.Module):\n    def width(self): ...\n",
            ["is applied by upstream", "it cannot be added"],
        ),
    ],
)
def test_a_root_that_needs_work_is_named_and_nothing_is_written(release, capsys, file, old, new, said):
    release.change(file, old, new)
    before = files_of(release.layout)
    status, told = release.adopt(capsys)
    assert status is Status.REPAIR
    assert all(words in told for words in said), told
    assert files_of(release.layout) == before
    assert find_error(release.layout).count("\n") < 25, "one screen"


def find_error(layout: Layout) -> str:
    """What a build of the release says."""
    with pytest.raises(OverlayError, match="is not known") as caught:
        find_pin(layout, NEW)
    assert f"make adopt RELEASE={NEW}" in str(caught.value) and "roots of edits" in str(caught.value)
    return str(caught.value)


def test_all_findings_are_told_at_once(release, capsys):
    release.change(LLAMA, "n_rep == 1", "1 == n_rep")
    release.change(LLAMA, "emb = torch.cat((freqs, freqs), dim=-1)", "emb = freqs.repeat(1, 1, 2)")
    release.change(NEOX, "def apply_rotary_pos_emb", "def apply_other")
    _, told = release.adopt(capsys)
    assert "2  does not take hold" in told and "1  is gone" in told


def test_a_name_that_upstream_renamed_is_told_where_the_edit_applies(release, capsys):
    release.change(LLAMA, "freqs", "turns")
    entries = ENTRIES.replace('"emb = torch.cat((freqs, freqs), dim=-1)"', '"emb = torch.cat(($ONE, $TWO), dim=-1)"')
    path = release.layout.root / "src" / "transformers" / LLAMA
    path.with_suffix(".yml").write_text(entries)
    _, told = release.adopt(capsys)
    assert "writes a name that upstream's root no longer has" in told and "names that are gone: freqs" in told


def test_a_file_that_became_generated_is_told(release, capsys):
    header = "# This file was automatically generated from src/transformers/models/llama/modular_llama.py.\n"
    release.change(LLAMA, "import torch\n", f"{header}import torch\n")
    path = release.layout.upstream(NEW) / "transformers" / LLAMA
    path.write_text(header + path.read_text())
    status, told = release.adopt(capsys)
    assert "its file is generated from models/llama/modular_llama.py" in told and status is not Status.REPAIR


def test_new_models_and_what_covers_nothing_are_told(release, capsys):
    home = release.layout.upstream(NEW) / "transformers" / "models"
    text = (home / "llama" / "modeling_llama.py").read_text().replace("Llama", "Alpaca")
    (home / "alpaca").mkdir()
    (home / "alpaca" / "modeling_alpaca.py").write_text(text)
    _, told = release.adopt(capsys)
    assert "1  new models with RoPE: alpaca" in told and "1  models to add to the list: alpaca" in told
    assert "RoPE definitions that nothing covers" in told and "::rotate_half [" in told


@pytest.mark.parametrize(
    ("release", "nearest"), [("5.8.9", "5.8.0"), ("5.1.0", "5.7.0"), ("4.48.3", "4.57.6"), ("6.1.0", "5.8.0")]
)
def test_the_nearest_release_is_of_the_same_major_version(tmp_path, release, nearest):
    pins = tmp_path / "lines" / "one" / "upstream.toml"
    pins.parent.mkdir(parents=True)
    tables = [f'[releases."{one}"]\ndigest = ""\nlayers = []\n' for one in ("5.8.0", "4.57.6", "5.7.0")]
    pins.write_text("".join(tables))
    assert nearest_release(Layout(tmp_path), release) == nearest


# --- pip ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder_of_wheels(tmp_path, monkeypatch) -> Path:
    """A folder that pip takes releases from, and no index."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setitem(os.environ, "PIP_NO_INDEX", "1")
    monkeypatch.setitem(os.environ, "PIP_FIND_LINKS", str(wheels))
    return wheels


def test_a_release_is_taken_from_pip_whole(tmp_path, folder_of_wheels):
    info, layout = f"transformers-{NEW}.dist-info", Layout(tmp_path)
    with zipfile.ZipFile(folder_of_wheels / f"transformers-{NEW}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("transformers/__init__.py", "x = 1\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: transformers\nVersion: {NEW}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    digest = take(layout, NEW)
    home = layout.upstream(NEW)
    assert {path.name for path in home.rglob("*")} == {"transformers", "__init__.py", "METADATA", "manifest.json"}
    assert digest == digest_of(manifest_of(layout)) == take(layout, NEW)
    (home / "transformers" / "__init__.py").write_text("x = 2\n")
    with pytest.raises(OverlayError, match="was changed: transformers/__init__.py"):
        take(layout, NEW)


def test_a_release_that_pip_has_not_leaves_nothing(tmp_path, folder_of_wheels):
    with pytest.raises(OverlayError, match=f"pip cannot install transformers {NEW}"):
        take(Layout(tmp_path), NEW)
    assert not [path for path in (tmp_path / "build").rglob("*") if path.is_file()]


def test_what_is_no_release_is_refused():
    utils = Layout().root / "utils"
    done = subprocess.run([sys.executable, "-m", "adopt", "newest"], cwd=utils, capture_output=True, text=True)
    assert done.returncode == 1 and "'newest' is no release" in done.stderr
