"""The tools that edits are read and applied with: what they make may differ from one version to the next."""

import sys
from importlib.metadata import version


def versions() -> str:
    names = ("ast-grep-py", "pyyaml")
    return " ".join([f"python {sys.version_info[0]}.{sys.version_info[1]}", *(f"{x} {version(x)}" for x in names)])
