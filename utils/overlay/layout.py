"""Where things are: every path of the patch set and of a build, in one place."""

from dataclasses import dataclass
from pathlib import Path


DEFAULT_RELEASE = "5.23.0"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layout:
    root: Path = REPOSITORY

    @property
    def pins(self) -> Path:
        return self.root / "utils" / "upstreams.toml"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def index(self) -> Path:
        return self.build / "index.json"

    @property
    def build_lock(self) -> Path:
        return self.build / "lock"

    def layer(self, name: str) -> Path:
        return self.root / name

    def lock(self, release: str) -> Path:
        return self.root / "utils" / "lock" / f"{release}.json"

    def upstream(self, release: str) -> Path:
        """The pristine tree: put it in front of `PYTHONPATH` to import upstream itself."""
        return self.build / "upstream" / release

    def fork(self, release: str) -> Path:
        """A link to the tree that was built last; it is replaced whole."""
        return self.build / "fork" / release

    def source(self, release: str) -> Path:
        return self.fork(release) / "src"
