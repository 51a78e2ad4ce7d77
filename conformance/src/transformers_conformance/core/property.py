"""Properties, and topics. A topic is a set of properties of one subject, such as rotary embeddings."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps

from .case import Axes, Case, Spec
from .expected_failure import require_known
from .verdict import ConformanceError, Verdict


def _always(spec: Spec, axes: Axes) -> bool:
    return True


def _never_excluded(spec: Spec) -> None:
    return None


@dataclass(frozen=True)
class Property:
    """One property, and the configurations in which it is judged.

    Args:
        name: the name in messages and in names of tests.
        rule: the rule of the contract that the property checks.
        check: raises `ConformanceError` if a case breaks the property.
        configurations: the configurations in which it is judged; each has a value for every axis.
        asks: whether the property applies to a model in a configuration.
        excluded: the reason why the property does not apply to a model in any configuration, or None.
    """

    name: str
    rule: str
    check: Callable[[Spec, Case], None]
    configurations: tuple[Axes, ...]
    asks: Callable[[Spec, Axes], bool] = _always
    excluded: Callable[[Spec], str | None] = _never_excluded

    @property
    def summary(self) -> str:
        """What it requires: the first line of the check's docstring, without its full stop."""
        return self.check.__doc__.partition("\n")[0].rstrip(".")

    def chosen(self, only: Mapping[str, Collection] | None = None) -> Iterator[Axes]:
        """The configurations with these values.

        Args:
            only: values of some axes. An axis is ignored if no configuration of the property has one of its values.
        """
        only = {
            axis: values
            for axis, values in (only or {}).items()
            if any(axes.get(axis) in values for axes in self.configurations)
        }
        for axes in self.configurations:
            if all(axes.get(axis) in values for axis, values in only.items()):
                yield axes


_TOPICS: list["Topic"] = []


@dataclass(frozen=True, eq=False)
class Topic:
    """Properties of one subject.

    Args:
        test_name: makes the name of the test of a property in a configuration; the number of the test makes it unique.
        filters: the filters by which an expected failure chooses cases, each with its possible values; None for any.
        properties: the properties by name; `register` fills this dict.
        name: the name of the subject. Topics of one subject, such as those of parts of a model, share it.
    """

    test_name: Callable[[int, str, Axes], str]
    filters: Mapping[str, Collection[str] | None] = field(default_factory=dict)
    properties: dict[str, Property] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self):
        _TOPICS.append(self)

    def require_known(self, properties: Collection[str], filters: Mapping[str, Collection[str]]) -> None:
        """Raises `ValueError` for properties that no topic has, and for filters that this topic does not have."""
        unknown = set(properties).difference(*(topic.properties for topic in _TOPICS))
        if unknown:
            raise ValueError(f"there is no property {', '.join(sorted(unknown))}")
        for name, stated in filters.items():
            if name not in self.filters:
                raise ValueError(f"there is no filter {name!r}; there are {', '.join(self.filters) or 'none'}")
            if self.filters[name] is not None:
                require_known(name, self.filters[name], stated)

    def register(
        self,
        rule: str,
        configurations: Iterable[Axes],
        asks: Callable[[Spec, Axes], bool] = _always,
        excluded: Callable[[Spec], str | None] = _never_excluded,
    ) -> Callable:
        """Registers `check_<name>(spec, case, verdict)` as the property `name`, with the arguments of `Property`.

        A check that requires nothing of its verdict fails, because it would pass for any model.
        """

        def register(judge: Callable[[Spec, Case, Verdict], None]) -> Callable[[Spec, Case], None]:
            name = judge.__name__.removeprefix("check_")

            @wraps(judge)
            def check(spec: Spec, case: Case) -> None:
                verdict = Verdict(rule, name, spec, case)
                try:
                    judge(spec, case, verdict)
                except ConformanceError:
                    raise
                except Exception as error:
                    raise verdict.raised("the model builds and runs", "no error", error) from error
                if not verdict.required:
                    verdict.fail(f"{rule}, {name}: judged nothing", "at least one requirement", "none")

            self.properties[name] = Property(name, rule, check, tuple(configurations), asks, excluded)
            return check

        return register

    def tests(self) -> list[tuple[str, Axes]]:
        """Every property in every configuration, in the order of the tests' numbers."""
        return [(prop.name, axes) for prop in self.properties.values() for axes in prop.configurations]


def named_topics() -> tuple[Topic, ...]:
    """The topics of the subjects that were imported."""
    return tuple(topic for topic in _TOPICS if topic.name)
