"""What every topic's cases and specs have in common."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol


Axes = Mapping[str, Any]  # one configuration of a property: a value for each axis, such as `head_dim`


class Case(Protocol):
    """One configuration to try."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What a result says of the case: JSON values by name."""

    @property
    def filters(self) -> Mapping[str, Collection[str]]:
        """What an expected failure can pick the case by: for each filter, the values that fit the case."""


class Spec(Protocol):
    """What a topic needs to know of a model under test."""

    @property
    def config_class(self) -> type: ...

    @property
    def model_class(self) -> type: ...

    @property
    def model_type(self) -> str:
        """The name by which results and expected failures know the model."""

    def cases(self, axes: Axes) -> list[Case]:
        """One case for each way in which the config can be asked for these values."""

    def config_values(self, case: Case) -> dict[str, Any]:
        """The config keywords of a case."""

    def headline(self, case: Case) -> str:
        """The case in one line, as messages begin."""

    def reproduction(self, property_name: str, case: Case) -> str:
        """A snippet to paste that shows the case again."""
