"""The tools that read and apply edits. Another version of a tool may give another result."""

import sys
from importlib.metadata import version


def versions() -> str:
    names = ("ast-grep-py", "pyyaml")
    return " ".join([f"python {sys.version_info[0]}.{sys.version_info[1]}", *(f"{x} {version(x)}" for x in names)])
