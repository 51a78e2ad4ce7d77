"""Reports a broken rule: the rule, the model, the case, expected and found values, and code that reproduces it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn

import numpy as np

from .case import Case, Spec
from .refusal import refuses, told


class ConformanceError(AssertionError):
    """A model breaks a rule.

    Args:
        rule: its number in the contract, such as "R1".
        property_name: the name of the property.
        message: the whole text.
        status: "fail" (the rule does not hold), "crash" (the model raised an error), or "refused" (the config refused
            a value).
    """

    def __init__(self, rule: str, property_name: str, message: str, status: str = "fail"):
        super().__init__(message)
        self.rule = rule
        self.property_name = property_name
        self.status = status


class Verdict:
    """Collects the requirements of one property in one case of one model; `required` counts them."""

    def __init__(self, rule: str, property_name: str, spec: Spec, case: Case):
        self.rule = rule
        self.property_name = property_name
        self.spec = spec
        self.case = case
        self.required = 0

    def raised(self, what: str, expected: object, error: Exception) -> ConformanceError:
        """The error for a case in which the model or its config raised `error`."""
        status = "refused" if refuses(error, self.spec.config_values(self.case)) else "crash"
        return self.error(what, expected, told(error), status)

    def error(self, what: str, expected: object, got: object, status: str = "fail") -> ConformanceError:
        """The error for this case, with code that reproduces it."""
        lines = [
            f"{self.rule}, {self.property_name}: {self.spec.headline(self.case)}",
            f"  {what}",
            f"  expected: {expected}",
            f"  got:      {got}",
            f"  config:   {self.spec.config_values(self.case)}",
            "To see it again:",
            *(f"  {line}" for line in self.spec.reproduction(self.property_name, self.case).splitlines()),
        ]
        return ConformanceError(self.rule, self.property_name, "\n".join(lines), status)

    def fail(self, what: str, expected: object, got: object) -> NoReturn:
        """Fails this case.

        Raises:
            ConformanceError: always.
        """
        raise self.error(what, expected, got)

    def require(self, holds: bool, what: str, expected: object, got: object) -> None:
        """Fails unless `holds`."""
        self.required += 1
        if not holds:
            self.fail(what, expected, got)

    def require_close(self, what: str, got: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
        """Fails unless the shapes agree and no element is off by more than `tolerance`."""
        got, expected = np.asarray(got, dtype=np.float64), np.asarray(expected, dtype=np.float64)
        self.require(got.shape == expected.shape, what, f"shape {expected.shape}", f"shape {got.shape}")
        error = np.abs(got - expected)
        error[np.isnan(error)] = np.inf
        if error.size and error.max() > tolerance:
            where = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
            self.fail(
                f"{what}: largest error {error.max():.3g} at index {where}, tolerance {tolerance:.3g}",
                f"{expected[where]:.9g}",
                f"{got[where]:.9g}",
            )


def require_refusal(
    verdict: Verdict, build: Callable[[], Any], asked: Mapping[str, Any], bounds: Collection[float] = ()
) -> None:
    """Fails unless `build` raises an error that names key, value and range.

    Args:
        asked: the config keyword that must be refused, or the key in a dict of a keyword, with its value.
        bounds: the bounds of the range, or the one value that fits.
    """
    what = "asked for " + ", ".join(f"{key}={value!r}" for key, value in asked.items())
    words = [*asked, *asked.values(), *bounds]
    expected = f"a ValueError that names {', '.join(map(str, words))}, while the model is built"
    verdict.required += 1
    try:
        build()
    except Exception as error:
        if not refuses(error, asked, bounds):
            raise verdict.raised(what, expected, error) from error
    else:
        verdict.fail(what, expected, "a model")
