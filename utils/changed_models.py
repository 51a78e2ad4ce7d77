"""Compares models_changed.txt with the models that the fork changes, and these with the models that have tests.

Also checks that plain tests have the form in which `model_tests` writes them.

Exit status 1 if they are not the same.
"""

import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from model_tests import otherwise_written
from registry import registered_models

from overlay.build import built_files
from overlay.errors import OverlayError
from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout


@dataclass(frozen=True)
class Models:
    """Folders of models.

    Args:
        changed: under `transformers/models`, those in which the fork changes a file.
        tested: those in which tests/models has tests.
        listed: the lines of models_changed.txt.
    """

    changed: frozenset[str]
    tested: frozenset[str]
    listed: tuple[str, ...]

    def too_much(self) -> list[str]:
        """What is listed or tested, and should not be; a sentence each."""
        listed = set(self.listed)
        return [
            *_named("models_changed.txt lists what the fork does not change", listed - self.changed),
            *_named("models_changed.txt lists what has no tests", listed - self.tested),
            *_named("tests/models tests what the fork does not change", self.tested - self.changed),
            *_named("models_changed.txt lists twice", {x for x in listed if self.listed.count(x) > 1}),
        ]

    def missing(self) -> list[str]:
        """What the fork changes, and is not listed or tested; a sentence each."""
        return [
            *_named("models_changed.txt lacks what the fork changes", self.changed - set(self.listed)),
            *_named("tests/models lacks what the fork changes", self.changed - self.tested),
        ]


def find_models(layout: Layout, release: str) -> Models:
    """Those of a checkout and of the fork that is built in it.

    Raises:
        OverlayError: the fork is not built.
    """
    return Models(
        changed=changed_by(built_files(layout, release)),
        tested=frozenset(
            model.name for model in registered_models(layout.root).values() if model.framework == "torch"
        ),
        listed=tuple((layout.root / "models_changed.txt").read_text().split()),
    )


def changed_by(files: Collection[str]) -> frozenset[str]:
    """The folders of models in which files lie, named as under `transformers/`."""
    return frozenset(path.parts[1] for file in files if (path := Path(file)).parts[0] == "models")


def _named(said: str, models: Collection[str]) -> list[str]:
    return [f"{said} ({len(models)}): {' '.join(sorted(models))}"] if models else []


def main() -> int:
    try:
        models = find_models(Layout(REPOSITORY), DEFAULT_RELEASE)
    except OverlayError as error:
        sys.exit(f"error: {error}")
    found = [
        *models.too_much(),
        *models.missing(),
        *_named("tests that utils/model_tests.py would write otherwise", otherwise_written()),
    ]
    print("\n".join(found) or f"models_changed.txt lists the {len(models.changed)} models that the fork changes")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
