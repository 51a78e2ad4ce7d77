"""What the mixins of all topics share: tests are cases of properties, whose results are recorded."""

from collections.abc import Callable, Mapping

from .case import Axes, Spec
from .expected_failure import ExpectedFailure
from .property import Topic
from .recording import expected_failures_of, record
from .results import Result, judge_case, not_applicable


class JudgedTestMixin:
    """A test for each property of a topic in each configuration.

    A mixin of a topic sets `topic`, and has its tests by `with_tests`.

    Attributes:
        expected_failures: where the model is known to break properties. Those of the file that `settings` names are
            added. With `plugin`, a session fails in which a class of tests ran in full and nothing broke that an
            expected failure covers, but for one of the file that names no model: take it out.
        excluded_checks: properties that cannot be asked of this class alone, each with the reason.
        met: the expected failures that a test came across.
    """

    topic: Topic
    expected_failures: tuple[ExpectedFailure, ...] = ()
    excluded_checks: Mapping[str, str] = {}

    @classmethod
    def model_spec(cls) -> Spec | None:
        """What is judged, one object a class; None for a class that says nothing yet."""
        raise NotImplementedError

    @classmethod
    def leave_out(cls) -> None:
        """Takes away the tests of properties that cannot be asked of what is judged.

        Raises:
            TypeError: an expected failure names no property, or `excluded_checks` does.
        """
        expected = {name for known in cls.expected_failures for name in known.properties}
        for attribute, names in (("expected_failures", expected), ("excluded_checks", set(cls.excluded_checks))):
            if unknown := names - cls.topic.properties.keys():
                raise TypeError(f"{cls.__name__}.{attribute} name no property: {', '.join(sorted(unknown))}")
        spec = cls.model_spec()
        absent = {result.property_name for result in cls.not_applicable()}
        for index, (name, axes) in enumerate(cls.topic.tests()):
            asked = name not in absent and cls.topic.properties[name].asks(spec, axes) and spec.cases(axes)
            if not asked:
                setattr(cls, cls.topic.test_name(index, name, axes), None)

    @classmethod
    def not_applicable(cls) -> list[Result]:
        """The properties that cannot be asked of what is judged, each with the reason."""
        spec, properties = cls.model_spec(), cls.topic.properties
        named = [
            Result(properties[name].rule, name, spec.model_type, None, "not-applicable", reason)
            for name, reason in cls.excluded_checks.items()
        ]
        rest = {name: prop for name, prop in properties.items() if name not in cls.excluded_checks}
        return named + list(not_applicable(rest, spec))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.model_spec() is not None:
            for result in cls.not_applicable():
                record(result)

    @classmethod
    def judged_tests(cls) -> set[str]:
        """The names of the tests that judge cases."""
        names = {cls.topic.test_name(index, *test) for index, test in enumerate(cls.topic.tests())}
        return {name for name in names if getattr(cls, name, None)}

    @classmethod
    def all_expected_failures(cls) -> tuple[ExpectedFailure, ...]:
        """The class's own, and those of the file."""
        return (*cls.expected_failures, *expected_failures_of(cls.model_spec().model_type, cls.topic))

    @classmethod
    def own_expected_failures(cls) -> list[ExpectedFailure]:
        """Those of which this class must come across something."""
        return [known for known in cls.all_expected_failures() if not known.for_all_models]

    def judge(self, property_name: str, axes: Axes) -> None:
        """Judges a property in one configuration.

        Raises:
            ConformanceError: it is broken, and no expected failure covers that.
        """
        spec = self.model_spec()
        prop, expected = self.topic.properties[property_name], self.all_expected_failures()
        results = [judge_case(prop, spec, case, expected) for case in spec.cases(axes)]
        for result in results:
            record(result)
        self.met = [result.expected for result in results if result.expected]
        for result in results:
            if result.unexpected:
                raise result.error


def with_tests(cls: type[JudgedTestMixin]) -> type[JudgedTestMixin]:
    """A class decorator that gives a mixin the tests of its topic."""
    for index, (name, axes) in enumerate(cls.topic.tests()):
        test = _test(name, axes)
        test.__name__ = cls.topic.test_name(index, name, axes)
        test.__qualname__ = f"{cls.__qualname__}.{test.__name__}"
        test.__module__ = cls.__module__
        setattr(cls, test.__name__, test)
    return cls


def _test(property_name: str, axes: Axes) -> Callable:
    def test(self):
        self.judge(property_name, axes)

    return test
