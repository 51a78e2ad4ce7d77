"""Which model's code a model is made from, read from upstream's modular files without importing them."""

import ast
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.util import resolve_name
from pathlib import Path


# What a modular file imports from another model, by what says most of its rotary code.
_KINDS = {name: re.compile(name, re.IGNORECASE) for name in ("rotary|rotate", "attention", "")}


class Lineages:
    """The ancestors of models.

    Args:
        models: the folder `transformers/models`; where it does not exist, every model is a family of its own.
    """

    def __init__(self, models: Path):
        self._models = models
        self._parent = cache(self._find_parent)
        self._folders: dict[str, str] = {}
        for file in sorted(models.glob("*/configuration_*.py")):
            for model_type in re.findall(r'^\s+model_type\b[^="]*= *"([^"]+)"', file.read_text(), re.MULTILINE):
                self._folders.setdefault(model_type, file.parent.name)

    def of(self, model_type: str) -> list[str]:
        """The model, the one that it is made from, and so on to the last."""
        lineage = [model_type]
        folder = model_type if (self._models / model_type).is_dir() else self._folders.get(model_type)
        while folder:
            if folder not in lineage:
                lineage.append(folder)
            parent = self._parent(folder)
            folder = parent if parent not in lineage else None
        return lineage

    def _find_parent(self, folder: str) -> str | None:
        """The model whose modeling file a modular file imports most rotary names from, then attentions, then names."""
        file = self._models / folder / f"modular_{folder}.py"
        if not file.exists():
            return None
        scores: dict[str, Counter] = {}
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                module = resolve_name("." * node.level + (node.module or ""), f"transformers.models.{folder}")
                found = re.match(r"transformers\.models\.(\w+)\.mod(?:eling|ular)_", module)
                if found and found[1] != folder:
                    scores.setdefault(found[1], Counter()).update(_kinds(alias.name for alias in node.names))
        return max(scores, key=lambda parent: [scores[parent][kind] for kind in _KINDS], default=None)


def _kinds(names: Iterable[str]) -> Counter:
    return Counter(kind for name in names for kind, pattern in _KINDS.items() if pattern.search(name))
