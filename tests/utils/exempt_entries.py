"""The entries of `src/exempt.yml`, to run the tests that confirm them."""

import ast
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from _pytest.mark import ParameterSet

from discovery.exempt import Exemption, load_exemptions
from discovery.scan import FoundDefinition
from discovery.variants import text_of
from overlay.upstream import known_releases
from tests.utils.upstream_rope import LAYOUT, explanations, load, reason_to_skip, tree


EXEMPTIONS = load_exemptions(LAYOUT.exempt)


@dataclass(frozen=True)
class ExemptDefinition:
    """A definition of one release that `src/exempt.yml` covers."""

    release: str
    file: str
    name: str

    @property
    def owner(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def label(self) -> str:
        return f"{self.release} {self.file}::{self.name}"

    @property
    def nodes(self) -> list[ast.AST]:
        text = text_of(FoundDefinition(self.file, self.name, ()), tree(self.release))
        return list(ast.walk(ast.parse(textwrap.dedent(text))))

    def load(self, name: str | None = None) -> Callable:
        """It, or another definition of its file, as upstream has it."""
        return load(self.file, name or self.name, tree(self.release))

    def member(self, name: str) -> Callable:
        return self.load(f"{self.owner}.{name}")


@dataclass(frozen=True)
class ReleaseExemption:
    """An exemption in one of the releases that it holds for."""

    exemption: Exemption
    release: str

    @property
    def definitions(self) -> list[ExemptDefinition]:
        """Those that it covers, copies too."""
        of = [explanation for explanation in explanations(self.release) if explanation.exemption == self.exemption]
        return [ExemptDefinition(self.release, *one.place) for explanation in of for one in explanation.copies]

    @property
    def runnable(self) -> list[ExemptDefinition]:
        """Those that can run: what stands in a modular file lacks what it inherits, and its copy in the generated file
        has it."""
        found = [one for one in self.definitions if generated_from(one.file) == one.file]
        assert found, "an entry on modular files alone cannot be run"
        return found


def on_its_entries(test: Callable) -> Callable:
    """Run a test on the entries that name it, in each release that they hold for."""
    named = [one for one in EXEMPTIONS if one.confirmed_by == test.__name__]
    entries = [
        as_parameter(ReleaseExemption(one, release))
        for one in named
        for release in known_releases(LAYOUT)
        if one.releases.contains(release)
    ]
    return pytest.mark.parametrize("entry", entries)(test)


def as_parameter(entry: ReleaseExemption) -> ParameterSet:
    reason = reason_to_skip(entry.release)
    marks = [pytest.mark.skip(reason=reason)] if reason else []
    return pytest.param(entry, id=f"{entry.release} {entry.exemption.label}", marks=marks)


def generated_from(file: str) -> str:
    return file.replace("modular_", "modeling_")
