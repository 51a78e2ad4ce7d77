"""Which model's code a model is made from, read from upstream's modular files without importing them."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path


# Words in the names that a modular file imports from another model: the first group says most of its rotary code.
_KINDS = (("rotary", "rotate"), ("attention",), ("",))


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
            for model_type in _model_types(ast.parse(file.read_text())):
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
                # `..llama.modeling_llama`; a module of the same folder has no name in front
                *_, parent, module = ("", "", *(node.module or "").split("."))
                if parent not in ("", folder) and module.startswith(("modeling_", "modular_")):
                    scores.setdefault(parent, Counter()).update(_kinds(alias.name for alias in node.names))
        return max(scores, key=lambda parent: [scores[parent][kind] for kind in _KINDS], default=None)


def _kinds(names: Iterable[str]) -> Counter:
    return Counter(kind for name in names for kind in _KINDS if any(word in name.lower() for word in kind))


def _model_types(tree: ast.Module) -> Iterator[str]:
    """The values that classes give to `model_type`, in the order of the file."""
    for defined in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for node in defined.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(getattr(target, "id", "") == "model_type" for target in targets):
                if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                    yield node.value.value
