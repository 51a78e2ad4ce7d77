"""What a run judges, and where its logs and results are."""

from dataclasses import dataclass
from pathlib import Path

from environment import ROOT

from overlay.layout import DEFAULT_RELEASE


LOGS = ROOT / "build" / "logs"
RESULTS = ROOT / "build" / "results"


@dataclass(frozen=True)
class Subject:
    """The Transformers under test, in the folder `path`: in front of the import path unless the environment has it."""

    release: str
    build: str
    path: Path

    @property
    def name(self) -> str:
        return f"{self.release}-{self.build}"

    @property
    def in_front(self) -> bool:
        return self.build != "fork"

    @property
    def logs(self) -> Path:
        return LOGS if self.name == f"{DEFAULT_RELEASE}-fork" else LOGS / self.name

    @property
    def results(self) -> Path:
        """The folder of what full runs found, a file for each model."""
        return RESULTS / self.name

    def results_of(self, model: str, selection: bool) -> Path:
        """A selection of tests does not take the place of a full run."""
        return (self.logs if selection else self.results) / f"{model}.jsonl"

    @property
    def package(self) -> Path:
        return self.path / "transformers"

    def has(self, model: str) -> bool:
        """Whether this release has the model at all, or, of `tf_<model>`, in that framework."""
        models = self.package / "models"
        return (models / model).is_dir() or any(models.glob(f"*/modeling_{model}.py"))


@dataclass(frozen=True)
class Target:
    """What one run of pytest judges: tests in a folder, and the options that pytest is given."""

    name: str
    tests: str
    inputs: tuple[str, ...]  # what the tests are made of, beside what all share
    options: tuple[str, ...]
    upstream: bool  # part of Transformers, so that a release may lack it
