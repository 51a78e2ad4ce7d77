"""The protocols that the cases and specs of every topic follow."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol


Axes = Mapping[str, Any]  # one configuration of a property: a value for each axis, such as `head_dim`


class Case(Protocol):
    """One configuration to try."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The case as results record it: JSON values by name."""

    @property
    def filters(self) -> Mapping[str, Collection[str]]:
        """For each filter of the topic, the values that fit the case. Expected failures choose cases by them."""


class Spec(Protocol):
    """The description of a model under test."""

    @property
    def config_class(self) -> type: ...

    @property
    def model_class(self) -> type: ...

    @property
    def model_type(self) -> str:
        """The name of the model in results and expected failures."""

    def cases(self, axes: Axes) -> list[Case]:
        """One case for each way to ask the config for these values."""

    def config_values(self, case: Case) -> dict[str, Any]:
        """The config keywords of a case."""

    def headline(self, case: Case) -> str:
        """The case in one line, for the start of messages."""

    def reproduction(self, property_name: str, case: Case) -> str:
        """Code to paste that reproduces the case."""
