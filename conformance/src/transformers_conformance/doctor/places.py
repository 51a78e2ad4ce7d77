"""Finds the configs in a path: a file, a checkpoint, a folder of checkpoints, a cache of the hub."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .gguf_file import MAGIC
from .json_file import LARGEST, parse
from .unreadable import UnreadableError


DEEPEST = 16  # folders
MOST_ENTRIES = 500_000
_LEFT_OUT = frozenset((".git", "blobs", ".no_exist", ".locks", "node_modules", "__pycache__"))
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".pkl")


def configs_in(path: Path) -> Iterator[Path]:
    """The files to read: `config.json` and GGUF files; if a folder has none, other JSON files that are configs.

    Raises:
        UnreadableError: "not-found", "is-weights", "no-config" or "too-large".
    """
    if path.is_file():
        if path.suffix in _WEIGHTS:
            raise UnreadableError("is-weights", "weights have no config; name the `config.json` next to them")
        yield path
        return
    if not path.is_dir():
        if path.exists():
            raise UnreadableError("not-a-file", "this is neither a file nor a folder")
        raise UnreadableError("not-found", "there is no such file or folder")
    others = []
    found = False
    for file in _files(path):
        if file.name == "config.json" or file.suffix == ".gguf":
            found = True
            yield file
        elif file.suffix == ".json" and file.name != "config.fixed.json":
            others.append(file)
    if found:
        return
    others = [file for file in others if _is_config(file)]
    if not others:
        if (path / "adapter_config.json").is_file():
            raise UnreadableError("no-config", "the folder has an adapter only; name the checkpoint that it is for")
        raise UnreadableError("no-config", "the folder has no `config.json`, no GGUF file and no other JSON config")
    yield from others


def is_gguf(path: Path) -> bool:
    """Whether a file is to be read as GGUF: by its first bytes, or by its name if it has none."""
    start = b""
    with suppress(OSError, ValueError):
        if path.is_file():  # to open a pipe would wait
            with path.open("rb") as file:
                start = file.read(4)
    return start == MAGIC or path.suffix == ".gguf"


def _files(root: Path) -> Iterator[Path]:
    """All files below a folder, in order of their names. Links to folders are not followed."""
    entries = 0
    for folder, folders, names in os.walk(root):
        entries += len(folders) + len(names)
        if entries > MOST_ENTRIES:
            raise UnreadableError("too-large", f"the folder has more than {MOST_ENTRIES} entries; name its parts")
        if len(Path(folder).relative_to(root).parts) >= DEEPEST:
            folders.clear()
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(names):
            yield Path(folder, name)


def _is_config(path: Path) -> bool:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return False
        found = parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, UnreadableError):
        return False
    return isinstance(found.get("model_type"), str) or any(key.startswith("rope_") for key in found)
