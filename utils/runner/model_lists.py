"""The models that releases are judged by. Standard library only."""

from pathlib import Path

from environment import DEFAULT_LINE, LINES

from overlay.layout import DEFAULT_RELEASE


def listed_models(root: Path, release: str) -> list[str]:
    """All of a release: those that its fork changes, or some of them where it has none."""
    lists = {line.release: f"lines/{name}/models_changed.txt" for name, line in LINES.items()}
    lists[DEFAULT_RELEASE] = "models_changed.txt"
    return (root / lists.get(release, "lines/models_sampled.txt")).read_text().split()


def adapted_models(root: Path, line: str) -> list[str]:
    """The models in other frameworks than PyTorch, such as `tf_gptj`, which the newest line does not have."""
    if line == DEFAULT_LINE:
        return []
    tests = (root / "tests" / "adapted").glob("test_modeling_*.py")
    return sorted(path.stem.removeprefix("test_modeling_") for path in tests)
