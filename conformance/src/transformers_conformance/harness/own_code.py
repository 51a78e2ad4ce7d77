"""Brings in a model from a Python file, as Transformers brings in remote code."""

import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Collection
from pathlib import Path


_PACKAGE = "own_model"


def load_model(place: str, layouts: Collection[str]) -> tuple[type, type, str]:
    """The config class, the model class and the layout of `file.py:ConfigClass:ModelClass:layout`.

    Args:
        layouts: those that there are.

    The folder of the file becomes a package, so that relative imports of files beside it work.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the text is of another form, names no layout, or the file has no such class.
    """
    file, *names, layout = place.rsplit(":", 3)
    if len(names) != 2 or layout not in layouts:
        raise ValueError(
            f"{place!r} is not file.py:ConfigClass:ModelClass:layout, whose layout is {' or '.join(layouts)}"
        )
    path = Path(file).resolve()
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    spec = importlib.machinery.ModuleSpec(_PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(path.parent)]
    sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)
    module = importlib.import_module(f"{_PACKAGE}.{path.stem}")
    missing = [name for name in names if not isinstance(getattr(module, name, None), type)]
    if missing:
        raise ValueError(f"{path.name} has no class {' and none '.join(missing)}")
    config_class, model_class = (getattr(module, name) for name in names)
    return config_class, model_class, layout
