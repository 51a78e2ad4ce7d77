"""The environments that tests run in, made when they are missing or out of date. Standard library only.

Each line of upstream releases has one. It holds the line's fork (editable), the conformance suite (editable) and what
the line's constraints pin. `python3 utils/environment.py` prints the interpreter of the newest line's, and, given a
release, of the line that it is of. With `--tools`, the fork may be missing: commands that read and write code alone
work where the fork does not build, as after a change of an edit, whose lock must be written first.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from overlay.layout import DEFAULT_LINE, DEFAULT_RELEASE, Layout, release_of


ROOT = Path(__file__).resolve().parents[1]


_WITHOUT_DEPENDENCIES = "tests/references/requirements.txt"
# What the environment of every line depends on.
OF_ALL_LINES = (_WITHOUT_DEPENDENCIES, "setup.py", "pyproject.toml", "conformance/pyproject.toml")


@dataclass(frozen=True)
class Line:
    """A line of upstream releases: the one that its fork is of, and the names of what its environment is made from."""

    release: str
    folder: str
    constraints: str
    requirements: str
    newest_python: tuple[int, int] | None = None

    @property
    def home(self) -> Path:
        return ROOT / "build" / self.folder

    def inputs(self) -> str:
        """A digest of all that the environment depends on."""
        digest = hashlib.sha256(f"{sys.version}\0{ROOT}\0{self}".encode())
        for name in (self.constraints, self.requirements, *OF_ALL_LINES):
            digest.update((ROOT / name).read_bytes() + b"\0")
        return digest.hexdigest()


LINES = {
    DEFAULT_LINE: Line(DEFAULT_RELEASE, "env", "lines/5/constraints.txt", "lines/5/requirements.txt"),
    # TensorFlow 2.15, the last that this line takes, has no wheels for a newer Python.
    "4.57": Line(
        release_of("4.57"),
        "env-4.57",
        "lines/4.57/constraints.txt",
        "lines/4.57/requirements.txt",
        newest_python=(3, 11),
    ),
}


def prepare(name: str = DEFAULT_LINE, fork: bool = True) -> Path:
    """The interpreter of a line's environment that is up to date.

    Args:
        fork: whether the fork and the conformance suite must be installed, too.

    Raises:
        SystemExit: this Python is too old, or too new for the line, or an installation failed (pip's own words are
            above).
    """
    line = LINES[name]
    version = sys.version.split()[0]
    if sys.version_info < (3, 11):  # noqa: UP036  this file is what an older one gets to run
        raise SystemExit(f"error: Python 3.11 or newer is needed, this is {version}")
    if line.newest_python and sys.version_info[:2] > line.newest_python:
        newest = ".".join(map(str, line.newest_python))
        raise SystemExit(f"error: the {name} line needs Python {newest}, this is {version}: run it by python{newest}")
    line.home.parent.mkdir(parents=True, exist_ok=True)
    # By the standard library: `filelock`, which the build uses, comes with the environment that is made here.
    with open(line.home.with_name(f"{line.folder}.lock"), "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # who comes second finds it made
        return _made(line, fork)


def _made(line: Line, fork: bool) -> Path:
    python = line.home / "bin" / "python"
    wanted = line.inputs()
    tools, whole = line.home / "tools", line.home / "stamp"
    if _holds(whole, wanted) or (not fork and _holds(tools, wanted)):
        return python
    print(f"preparing {line.home.relative_to(ROOT)} (some minutes, once)", file=sys.stderr, flush=True)
    if not _holds(tools, wanted):
        shutil.rmtree(line.home, ignore_errors=True)
        venv.create(line.home, with_pip=True)
        _install(line, "-r", line.requirements)
        tools.write_text(wanted)
    if fork:
        _install(line, "-e", ".[torch]", "--config-settings", f"upstream={line.release}")
        _install(line, "-e", "conformance")
        _install(line, "--no-deps", "--target", line.home / "references", "-r", _WITHOUT_DEPENDENCIES)
        whole.write_text(wanted)
    return python


def _holds(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


def _install(line: Line, *what: str | Path) -> None:
    install = [line.home / "bin" / "python", "-m", "pip", "install", "--quiet", "-c", line.constraints]
    if subprocess.run([*install, *what], cwd=ROOT, stdout=sys.stderr).returncode:
        asked = " ".join(map(str, what))
        raise SystemExit(f"error: `pip install {asked}` failed; fix what pip reports, then try again")


def install_release(release: str) -> Path:
    """A folder that holds a pristine upstream release and what it needs, to be put in front of the import path.

    Raises:
        SystemExit: the package index has no such release, or it does not install here.
    """
    home = ROOT / "build" / "releases" / release
    if not home.exists():
        print(f"installing transformers {release} into {home.relative_to(ROOT)} (once)", file=sys.stderr, flush=True)
        partial = home.with_name(f".{release}.{os.getpid()}")
        python = prepare()
        command = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--target", partial]
        command.append(f"transformers=={release}")
        if subprocess.run(command, stdout=sys.stderr).returncode:
            shutil.rmtree(partial, ignore_errors=True)
            raise SystemExit(f"error: transformers {release} cannot be installed: see what uv says above")
        partial.replace(home)
    return home


def installed(home: Path, *folders: Path) -> list[str]:
    """The distributions in an environment, with their versions, and in folders of more of them; and what made it."""
    stamp, homes = home / "stamp", [*home.glob("lib/python*/site-packages"), *folders]
    made = stamp.read_text() if stamp.exists() else ""
    return [sys.version, made, *sorted(path.stem for folder in homes for path in folder.glob("*.dist-info"))]


def line_of(release: str = DEFAULT_RELEASE) -> str:
    """The line that pins a release; the newest for a release that none pins."""
    try:
        return Layout().line(release).name
    except KeyError:
        return DEFAULT_LINE


if __name__ == "__main__":
    asked = [argument for argument in sys.argv[1:] if argument != "--tools"]
    print(prepare(line_of(*asked), fork="--tools" not in sys.argv))
