"""The PEP 517 backend, called as frontends call it, without an isolated environment."""

import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import build_backend
import pytest
from setuptools import build_meta

from overlay.build import built_files
from overlay.distribution import version_of
from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout


def run(*command: str | Path, **keywords) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **keywords)


def test_every_hook_of_setuptools_is_there():
    for hook in build_meta.__all__:
        if hook.startswith(("build_", "get_requires", "prepare_")) and hook != "build_meta":
            assert callable(getattr(build_backend, hook)), hook


@pytest.mark.parametrize(
    ("settings", "variable", "release"),
    [
        (None, None, DEFAULT_RELEASE),
        ({"upstream": "1.0"}, "2.0", "1.0"),
        ({"upstream": ["0.5", "1.0"]}, None, "1.0"),
        ({"other": "x"}, "2.0", "2.0"),
    ],
)
def test_the_release_is_the_setting_then_the_variable_then_the_default(settings, variable, release, monkeypatch):
    monkeypatch.delenv("TRANSFORMERS_UPSTREAM", raising=False)
    if variable:
        monkeypatch.setenv("TRANSFORMERS_UPSTREAM", variable)
    assert build_backend.chosen_release(settings) == release


def test_upstream_is_required_until_its_pristine_copy_is_here(tmp_path, monkeypatch):
    assert build_backend.get_requires_for_build_editable() == []
    shutil.copytree(Layout().root / "lines", tmp_path / "lines")
    monkeypatch.setattr(build_backend, "Layout", lambda: Layout(tmp_path))
    assert build_backend.get_requires_for_build_wheel() == [f"transformers=={DEFAULT_RELEASE}"]


def test_an_unknown_release_is_refused_with_a_message(monkeypatch):
    with pytest.raises(SystemExit, match="'9.9' is not known"):
        build_backend.get_requires_for_build_wheel({"upstream": "9.9"})


def test_sdist_and_wheel(tmp_path, clean_environment):
    """`python -m build`: the source distribution has none of upstream's files, and the wheel has all of them."""
    done = run(sys.executable, "-m", "build", "--outdir", tmp_path, REPOSITORY, env=clean_environment)
    assert done.returncode == 0, done.stdout + done.stderr
    (sdist,), (wheel,) = tmp_path.glob("*.tar.gz"), tmp_path.glob("*.whl")
    name = f"transformers-{version_of(Layout(), DEFAULT_RELEASE)}"
    with tarfile.open(sdist) as archive:
        names = [member.removeprefix(f"{name}/") for member in archive.getnames()]
    assert "src/series.yml" in names and "utils/overlay/engine.py" in names and "NOTICE" in names
    assert not [member for member in names if member.startswith("build/") or "egg-info/" in member and ".py" in member]

    source = Layout().source(DEFAULT_RELEASE)
    with zipfile.ZipFile(wheel) as archive:
        shipped = {member: archive.read(member) for member in archive.namelist()}
    files = {path.as_posix() for path in source.joinpath("transformers").resolve().rglob("*") if path.is_file()}
    files = {file.split("/transformers/", 1)[1] for file in files if not file.endswith(".pyc")}
    assert {member.removeprefix("transformers/") for member in shipped if member.startswith("transformers/")} == files
    for file in built_files(Layout(), DEFAULT_RELEASE):
        assert shipped[f"transformers/{file}"] == (source / "transformers" / file).read_bytes()
    metadata = email.message_from_bytes(shipped[f"{name}.dist-info/METADATA"])
    assert (metadata["Name"], metadata["Version"]) == ("transformers", version_of(Layout(), DEFAULT_RELEASE))
    assert f"{name}.dist-info/licenses/NOTICE" in shipped
    modified = json.loads(shipped[f"{name}.dist-info/licenses/lines/5/lock/{DEFAULT_RELEASE}.json"])
    assert {file for edit in modified.values() for file in edit["reaches"]} == set(
        built_files(Layout(), DEFAULT_RELEASE)
    )

    venv.create(tmp_path / "env", with_pip=True, system_site_packages=False)
    python = tmp_path / "env" / "bin" / "python"
    done = run(python, "-m", "pip", "install", "--quiet", "-c", REPOSITORY / "lines/5/constraints.txt", wheel)
    assert done.returncode == 0, done.stderr
    assert run(python, "-m", "pip", "check").returncode == 0
    code = "import transformers as t, importlib.metadata as m; print(t.__file__, m.version('transformers'))"
    done = run(python, "-c", code, cwd=tmp_path, env=clean_environment)
    where, version = done.stdout.split()
    assert Path(where).is_relative_to(tmp_path / "env")
    assert version == version_of(Layout(), DEFAULT_RELEASE)


def test_setup_py_alone_says_what_to_do(tmp_path):
    done = run(sys.executable, REPOSITORY / "setup.py", "--version", env=os.environ | {"TRANSFORMERS_UPSTREAM": "9.9"})
    assert done.returncode != 0
    assert "install with pip" in done.stderr
