"""A build appears whole or not at all, and says why it cannot."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from packaging.version import Version

from overlay import tools, upstream
from overlay.build import build, built_files
from overlay.distribution import version_of
from overlay.errors import OverlayError
from overlay.layout import DEFAULT_RELEASE, Layout
from overlay.stamp import STAMP
from overlay.upstream import find_pin


UTILS = Path(__file__).resolve().parents[2] / "utils"
EDIT = """\
- rewrite: LlamaRotaryEmbedding.forward
  series: odd-rotary-dims
  description: {}
  issue: 35233
  rule: {{pattern: "emb = torch.cat((freqs, freqs), dim=-1)"}}
  fix: "emb = torch.cat([freqs, freqs], dim=-1)  # {}"
"""
FILE = "models/llama/modeling_llama.py"


@pytest.fixture
def built(checkout):
    checkout.overlay(FILE, EDIT.format("first", "first"))
    checkout.lock()
    assert build(checkout.layout, checkout.release)
    return checkout


def write_second_edit(checkout) -> None:
    checkout.overlay(FILE, EDIT.format("first", "second"))


def test_a_second_build_has_nothing_to_do_until_an_input_changes(built):
    tree = built.package.resolve()
    assert not build(built.layout, built.release)
    assert built.package.resolve() == tree
    write_second_edit(built)
    assert build(built.layout, built.release)
    assert "# second" in built.read(FILE)


def test_the_tree_that_is_replaced_outlives_the_build_by_one(built):
    """A process that runs from it finds its files until then."""
    trees = [built.package.resolve()]
    for words in ("second", "third"):
        built.overlay(FILE, EDIT.format("first", words))
        assert build(built.layout, built.release)
        trees.append(built.package.resolve())
    first, second, third = trees
    assert not first.exists()
    assert "# second" in (second / FILE).read_text() and "# third" in (third / FILE).read_text()


def test_an_edit_that_moves_to_another_file_is_built_again(built):
    """With the same words under the same name, in another folder."""
    source = built.layout.root / "src" / "transformers" / "models"
    (source / "mistral").mkdir()
    (source / "llama" / "modeling_llama.yml").rename(source / "mistral" / "modeling_llama.yml")
    with pytest.raises(OverlayError, match="models/mistral/modeling_llama.py"):
        build(built.layout, built.release)


def test_another_version_of_a_tool_builds_again(built, monkeypatch):
    monkeypatch.setattr(tools, "versions", lambda: "another")
    assert build(built.layout, built.release)
    assert not build(built.layout, built.release)


def test_the_version_tells_patch_sets_apart_by_what_they_make(built):
    versions = [version_of(built.layout, built.release)]
    for words in ("second", "first"):
        built.overlay(FILE, EDIT.format("first", words))
        build(built.layout, built.release)
        versions.append(version_of(built.layout, built.release))
    first, second, again = map(Version, versions)
    assert first == again != second
    assert first.public == second.public == built.release
    assert [str(one) for one in (first, second, again)] == versions, "they are written as PEP 440 writes them"


def test_what_is_built_differs_from_pristine_in_the_edited_files_alone(built):
    changed = {
        path.relative_to(built.pristine).as_posix()
        for path in built.pristine.rglob("*")
        if path.is_file() and path.read_bytes() != (built.package / path.relative_to(built.pristine)).read_bytes()
    }
    copies = {f"models/{model}/modeling_{model}.py" for model in ("llama", "mistral", "gpt_neox")}
    assert changed == copies == set(built_files(built.layout, built.release))


def test_writing_into_the_fork_leaves_pristine_alone_and_is_gone_with_the_next_build(built):
    bystander = "models/bert/modeling_bert.py"
    for file in (FILE, bystander):
        (built.package / file).write_text("broken")
        assert (built.pristine / file).read_text() != "broken"
    write_second_edit(built)
    assert build(built.layout, built.release)
    assert "# second" in built.read(FILE)
    assert built.read(bystander) == (built.pristine / bystander).read_text()


@pytest.mark.parametrize("moment", ["_write_tree", "check_untouched"])
def test_a_build_that_is_killed_leaves_the_old_fork_working(built, moment):
    old = built.package.resolve()
    write_second_edit(built)
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(UTILS)!r})
from pathlib import Path
from overlay import build, checks
from overlay.layout import Layout
module = checks if hasattr(checks, {moment!r}) else build
original = getattr(module, {moment!r})
def killed(*arguments, **keywords):
    original(*arguments, **keywords)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, {moment!r}, killed)
build.build(Layout(Path({str(built.layout.root)!r})), {built.release!r})
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert "# first" in built.read(FILE)
    assert build(built.layout, built.release), "the next build is not held up"
    assert "# second" in built.read(FILE)
    left = {tree / "transformers" for tree in built.layout.trees.iterdir()}
    assert left == {old, built.package.resolve()}, "what was left behind is cleared away"


def test_two_builds_at_once_take_turns(built):
    write_second_edit(built)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        results = [pool.apply_async(build, (built.layout, built.release)) for _ in range(2)]
        assert sorted(result.get(timeout=60) for result in results) == [False, True]
    assert "# second" in built.read(FILE)


def test_a_reader_never_misses_the_package_while_it_is_replaced(built):
    """`import transformers` may come at any moment of a build."""
    pid = os.fork()
    if not pid:
        write_second_edit(built)
        build(built.layout, built.release)
        os._exit(0)
    looked = 0
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        assert (built.package / "__init__.py").is_file()
        looked += 1
        time.sleep(0.0005)
    assert looked > 10
    assert "# second" in built.read(FILE)


def test_an_unknown_release_is_refused_with_those_that_are_known(checkout):
    with pytest.raises(OverlayError, match=r"'9\.9\.9' is not known") as caught:
        build(checkout.layout, "9.9.9")
    assert checkout.release in str(caught.value)


def test_a_pristine_copy_that_somebody_changed_is_refused_by_file(built):
    manifest = upstream.read_manifest(built.pristine, built.pristine.parent)
    (built.pristine.parent / "manifest.json").write_text(json.dumps(manifest))
    (built.pristine / FILE).write_text("changed")
    write_second_edit(built)
    with pytest.raises(OverlayError, match=f"was changed: transformers/{FILE}"):
        build(built.layout, built.release)
    assert "# first" in built.read(FILE)


def test_an_installed_upstream_with_another_digest_is_refused_before_anything_is_written(checkout, monkeypatch):
    elsewhere = checkout.layout.root / "installed"
    checkout.pristine.parent.replace(elsewhere)
    (elsewhere / "transformers" / "py.typed").write_text("not upstream's")
    monkeypatch.setattr(upstream, "_installed", lambda release: (elsewhere / "transformers", elsewhere))
    with pytest.raises(OverlayError, match="has the digest"):
        build(checkout.layout, checkout.release)
    assert not checkout.layout.upstream(checkout.release).exists()
    assert not checkout.package.exists()


def test_an_upstream_that_is_our_fork_or_missing_is_refused(tmp_path, monkeypatch):
    pin = find_pin(Layout(), DEFAULT_RELEASE)
    for version, problem in ((f"{DEFAULT_RELEASE}+rope.1", "is itself a fork of ours"), ("5.0.0", "is not installed")):
        metadata = tmp_path / f"transformers-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.4\nName: transformers\nVersion: {version}\n")
        monkeypatch.setattr(sys, "path", [str(tmp_path)])
        with pytest.raises(OverlayError, match=problem):
            upstream._installed(pin)
        (metadata / "METADATA").unlink()
        metadata.rmdir()


def test_an_installed_upstream_is_adopted_with_what_it_ships_and_no_more(checkout, monkeypatch):
    elsewhere = checkout.layout.root / "installed"
    checkout.pristine.parent.replace(elsewhere)
    (elsewhere / "transformers" / "__pycache__").mkdir()
    (elsewhere / "transformers" / "__pycache__" / "x.pyc").write_bytes(b"")
    monkeypatch.setattr(upstream, "_installed", lambda release: (elsewhere / "transformers", elsewhere))
    upstream.ensure_pristine(checkout.layout, find_pin(checkout.layout, checkout.release))
    names = {path.name for path in checkout.pristine.parent.rglob("*")}
    assert {"METADATA", "entry_points.txt", "py.typed"} <= names
    assert "__pycache__" not in names


def test_a_lock_that_was_cut_short_is_named(built):
    lock = built.layout.lock(built.release)
    lock.write_text(lock.read_text()[:30])
    with pytest.raises(OverlayError, match="the lock cannot be read") as caught:
        build(built.layout, built.release)
    assert "make relock" in str(caught.value)


def test_a_stamp_that_was_cut_short_only_means_another_build(built):
    (built.package.resolve().parent / STAMP).write_text("{")
    with pytest.raises(OverlayError, match="not built"):
        built_files(built.layout, built.release)
    assert build(built.layout, built.release)
