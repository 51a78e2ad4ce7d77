"""The base of the mixins of all topics: each test judges a property in one configuration, and records the results."""

from collections.abc import Callable, Mapping

from .case import Axes, Spec
from .expected_failure import ExpectedFailure
from .property import Topic
from .recording import expected_failures_of, record
from .results import Result, judge_case, not_applicable


class JudgedTestMixin:
    """A test for each property of a topic in each configuration.

    A mixin of a topic sets `topic`, and gets its tests from `with_tests`.

    Attributes:
        expected_failures: the known failures of the model. The expected failures of the file that `settings` names
            are added. `plugin` fails a session if a whole class of tests ran and no case failed that an expected
            failure covers: remove this expected failure. This does not apply to those of the file that name no model.
        excluded_checks: properties that do not apply to this class, each with the reason.
        met: the expected failures that covered a failure of this test.
    """

    topic: Topic
    expected_failures: tuple[ExpectedFailure, ...] = ()
    excluded_checks: Mapping[str, str] = {}

    @classmethod
    def model_spec(cls) -> Spec | None:
        """The model that is judged, always the same object for one class; None if the class names no model yet."""
        raise NotImplementedError

    @classmethod
    def leave_out(cls) -> None:
        """Removes the tests of properties that do not apply to the model.

        Raises:
            TypeError: an expected failure or `excluded_checks` names an unknown property.
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
        """The properties that do not apply to the model, each with the reason."""
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
        """The expected failures of the class and those of the file."""
        return (*cls.expected_failures, *expected_failures_of(cls.model_spec().model_type, cls.topic))

    @classmethod
    def own_expected_failures(cls) -> list[ExpectedFailure]:
        """The expected failures that must cover a failure in this class, or are stale."""
        return [known for known in cls.all_expected_failures() if not known.for_all_models]

    def judge(self, property_name: str, axes: Axes) -> None:
        """Judges a property in one configuration.

        Raises:
            ConformanceError: the property is broken, and no expected failure covers this.
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


class StatedModelTestMixin(JudgedTestMixin):
    """The base of mixins whose model is stated by attributes of the class. A mixin defines `make_spec`.

    Attributes:
        required: the attributes without which there is no model; each is None in the mixin.
    """

    required: tuple[str, ...] = ()
    _made_spec: Spec | None = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls._made_spec = None
        if cls.model_spec() is not None:
            cls.leave_out()

    @classmethod
    def make_spec(cls) -> Spec:
        """The model, from attributes none of which is missing."""
        raise NotImplementedError

    @classmethod
    def model_spec(cls) -> Spec | None:
        return None if cls._missing() else cls.required_spec()

    @classmethod
    def required_spec(cls) -> Spec:
        """The model, always the same object for one class.

        Raises:
            TypeError: a required attribute is missing.
        """
        if missing := cls._missing():
            mixin = next(base.__name__ for base in cls.__mro__ if "topic" in vars(base))
            raise TypeError(f"{cls.__name__} must set {', '.join(missing)} to use {mixin}")
        if cls._made_spec is None:
            cls._made_spec = cls.make_spec()
        return cls._made_spec

    @classmethod
    def _missing(cls) -> list[str]:
        return [name for name in cls.required if getattr(cls, name) is None]

    def judge(self, property_name: str, axes: Axes) -> None:
        self.required_spec()  # raises if an attribute is missing
        super().judge(property_name, axes)


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
