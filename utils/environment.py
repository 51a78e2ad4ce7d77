"""The environment that tests run in, made when it is missing or out of date. Standard library only.

It lies in `build/env`, holds the fork (editable), the conformance suite (editable) and what constraints.txt pins, and
is made whole or not at all. `python3 utils/environment.py` prints its interpreter.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path


ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "env"
INPUTS = ("constraints.txt", "requirements-test.txt", "setup.py", "pyproject.toml", "conformance/pyproject.toml")


def prepare() -> Path:
    """The interpreter of an environment that is up to date.

    Raises:
        SystemExit: this Python is too old, or an installation failed (pip's own words are above).
    """
    if sys.version_info < (3, 11):  # noqa: UP036  this file is what an older one gets to run
        raise SystemExit(f"error: Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    python = HOME / "bin" / "python"
    stamp = HOME / "stamp"
    wanted = _inputs()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"preparing {HOME.relative_to(ROOT)} (some minutes, once)", file=sys.stderr, flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    venv.create(HOME, with_pip=True)
    install = [python, "-m", "pip", "install", "--quiet", "-c", "constraints.txt"]
    for what in (["-e", ".[torch]"], ["-r", "requirements-test.txt", "-e", "conformance"]):
        done = subprocess.run([*install, *what], cwd=ROOT, stdout=sys.stderr)
        if done.returncode:
            raise SystemExit(
                f"error: `pip install {' '.join(what)}` failed; mend what pip names above, then try again"
            )
    stamp.write_text(wanted)
    return python


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


def installed(*folders: Path) -> list[str]:
    """The distributions in the environment, with their versions, and in folders of more of them; and what made it."""
    homes = [*HOME.glob("lib/python*/site-packages"), *folders]
    return [_inputs(), *sorted(path.stem for home in homes for path in home.glob("*.dist-info"))]


def _inputs() -> str:
    digest = hashlib.sha256(f"{sys.version}\0{ROOT}\0".encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


if __name__ == "__main__":
    print(prepare())
