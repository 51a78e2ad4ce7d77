import os
import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from overlay.layout import DEFAULT_RELEASE, Layout
from overlay.upstream import METADATA, digest_of, read_manifest


REPOSITORY = Layout()
# A few real files of upstream: a root, its copies, a generated file with its modular file, and an unrelated file.
SAMPLE = (
    "__init__.py",
    "py.typed",
    "modeling_rope_utils.py",
    "models/bert/modeling_bert.py",
    "models/llama/modeling_llama.py",
    "models/mistral/modeling_mistral.py",
    "models/gpt_neox/modular_gpt_neox.py",
    "models/gpt_neox/modeling_gpt_neox.py",
)


@dataclass
class Checkout:
    """A small separate checkout: real upstream files, and an overlay that a test writes."""

    layout: Layout
    release: str = DEFAULT_RELEASE

    @property
    def package(self) -> Path:
        return self.layout.source(self.release) / "transformers"

    @property
    def pristine(self) -> Path:
        return self.layout.upstream(self.release) / "transformers"

    def pin(self, others: str = "") -> None:
        """Pins the upstream files of this checkout, and other releases that are given as TOML."""
        home = self.layout.upstream(self.release)
        digest = digest_of(read_manifest(home / "transformers", home))
        pins = self.layout.root / "lines" / "5" / "upstream.toml"
        pins.write_text(f'[releases."{self.release}"]\ndigest = "{digest}"\nlayers = ["src"]\n{others}')

    def overlay(self, file: str, entries: str, code: str | None = None, layer: str = "src") -> None:
        """Writes the edits of one upstream file, and their definitions."""
        path = self.layout.root / layer / "transformers" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".yml").write_text(textwrap.dedent(entries))
        if code is not None:
            path.write_text(textwrap.dedent(code))

    def lock(self) -> None:
        """Writes the lock, as `relock` does."""
        from overlay import lockfile
        from overlay.build import plan
        from overlay.index import Index
        from overlay.upstream import find_pin

        pin, index = find_pin(self.layout, self.release), Index(self.layout.index(self.release))
        reaches, edited = plan(self.layout, pin, index)
        lockfile.write(self.layout, self.release, lockfile.describe(reaches, edited.counts))

    def read(self, file: str) -> str:
        return (self.package / file).read_text()


@pytest.fixture(scope="session")
def pristine() -> Path:
    """The whole pristine tree of this repository's build."""
    package = REPOSITORY.upstream(DEFAULT_RELEASE) / "transformers"
    assert package.is_dir(), "there is no pristine upstream: run ./run_tests, which builds the fork"
    return package


@pytest.fixture
def checkout(tmp_path: Path, pristine: Path) -> Checkout:
    small = Checkout(Layout(tmp_path / "checkout"))
    for name in SAMPLE:
        target = small.pristine / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pristine / name, target)
    for name in METADATA:
        shutil.copyfile(pristine.parent / name, small.pristine.parent / name)
    (small.layout.root / "lines" / "5" / "lock").mkdir(parents=True)
    small.pin()
    source = small.layout.root / "src"
    (source / "transformers").mkdir(parents=True)
    shutil.copyfile(REPOSITORY.root / "src" / "series.yml", source / "series.yml")
    return small


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """The environment without variables that would select another Transformers or another release."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "TRANSFORMERS_UPSTREAM")}
