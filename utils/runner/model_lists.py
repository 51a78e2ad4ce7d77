"""The models that releases are judged by. Standard library only."""

from pathlib import Path

from environment import LINES

from overlay.layout import DEFAULT_RELEASE


def listed_models(root: Path, release: str) -> list[str]:
    """All of a release: those that its fork changes, or some of them where it has none."""
    lists = {line.release: f"lines/{name}/models_changed.txt" for name, line in LINES.items()}
    lists[DEFAULT_RELEASE] = "models_changed.txt"
    return (root / lists.get(release, "lines/models_sampled.txt")).read_text().split()
