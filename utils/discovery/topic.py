"""What a topic has to say so that `scan.find` finds its definitions: the interface of `discovery.rules`.

The search has two steps. First, each function is looked at alone: its **signs** are kept between searches, so they
must depend on its code only. Then the **rules** decide, with the signs of all functions at hand.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .code import Code


Sign = bool | frozenset[str]


@dataclass(frozen=True)
class Function:
    """A function or method of a tree.

    Attributes:
        file, name: its path under the package, and its dotted name.
        signs: those that it shows, by name; names stand for what a sign says of other functions.
    """

    file: str
    name: str
    signs: Mapping[str, Sign]

    @property
    def place(self) -> tuple[str, str]:
        return self.file, self.name

    @property
    def owner(self) -> tuple[str, str]:
        """Its class, by file and name; the name is empty for a function of a module."""
        return self.file, self.name.rpartition(".")[0]

    @property
    def simple_name(self) -> str:
        return self.name.rpartition(".")[2]

    def shows(self, sign: str) -> bool:
        return bool(self.signs.get(sign))

    def names(self, sign: str) -> frozenset[str]:
        return self.signs.get(sign, frozenset())


@dataclass(frozen=True)
class Rule:
    """One reason why a function is a definition of the topic.

    Attributes:
        name: what the function does, in a few words.
        kind: the kind of definition that it then is.
        holds: whether a function does this.
        alone: whether the rule counts only for a function for which no other rule holds.
    """

    name: str
    kind: str
    holds: Callable[[Function], object]
    alone: bool = False


@dataclass(frozen=True)
class SearchTopic:
    """One topic.

    Attributes:
        name: what messages call it.
        words: what names the topic. A file whose code has none of these, comments aside, holds no definition.
        signs: what is asked of the code of each function alone, by name.
        rules: the rules for a tree with these functions, in the order in which kinds are told.
    """

    name: str
    words: re.Pattern
    signs: Mapping[str, Callable[[Code], Sign]]
    rules: Callable[[Sequence[Function]], Sequence[Rule]]
