"""Every path of the patch set and of a build."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_LINE = "5"


@dataclass(frozen=True)
class Layout:
    root: Path = REPOSITORY

    @property
    def lines(self) -> list[Path]:
        """The folders of the lines of releases, each with the pins of its releases, `upstream.toml`."""
        return sorted(pins.parent for pins in self.root.glob("lines/*/upstream.toml"))

    def line(self, release: str) -> Path:
        """The folder of the line that pins a release.

        Raises:
            KeyError: none does.
        """
        for folder in self.lines:
            if release in tomllib.loads((folder / "upstream.toml").read_text())["releases"]:
                return folder
        raise KeyError(release)

    @property
    def build(self) -> Path:
        return self.root / "build"

    def index(self, release: str) -> Path:
        """What builds of a release know of its files; `discovery` is the same for searches."""
        return self.build / f"index-{release}.json"

    def discovery(self, release: str) -> Path:
        return self.build / f"discovery-{release}.json"

    @property
    def build_lock(self) -> Path:
        return self.build / "lock"

    @property
    def exempt(self) -> Path:
        return self.root / "src" / "exempt.yml"

    def layer(self, name: str) -> Path:
        return self.root / name

    def adoption(self, release: str) -> Path:
        """The summary of what `make adopt` found in a release."""
        return self.build / "adopt" / f"{release}.txt"

    def exempt_lock(self, release: str) -> Path:
        return self.line(release) / "lock" / f"{release}.exempt.json"

    def lock(self, release: str) -> Path:
        return self.line(release) / "lock" / f"{release}.json"

    def upstream(self, release: str) -> Path:
        """The pristine tree: put it in front of `PYTHONPATH` to import upstream itself."""
        return self.build / "upstream" / release

    def source(self, release: str) -> Path:
        """The folder for the import path. Its `transformers` is a link to the tree that was built last, and a build
        replaces the link. The folder itself stays, because an editable install names it."""
        return self.build / "fork" / release / "src"

    @property
    def trees(self) -> Path:
        return self.build / "trees"


def release_of(line: str) -> str:
    """The release that a line builds unless another one of its releases is asked for."""
    return tomllib.loads((REPOSITORY / "lines" / line / "upstream.toml").read_text())["release"]


DEFAULT_RELEASE = release_of(DEFAULT_LINE)
