"""How a violated rule is told: which rule, which model, which case, what was expected, and how to see it again."""

from typing import Any, NoReturn

import numpy as np
import transformers

from .description import Case, Description
from .refusal import refuses, told
from .tiny import config_values
from .tower import Tower


class ConformanceError(AssertionError):
    """A model breaks a rule.

    Args:
        rule: its number in the contract, such as "R1".
        property_name: the name of the check.
        message: the whole text.
        status: how: "fail" (it does not hold), "crash" (the model raised), or "refused" (what was asked of the config
            was refused).
    """

    def __init__(self, rule: str, property_name: str, message: str, status: str = "fail"):
        super().__init__(message)
        self.rule = rule
        self.property_name = property_name
        self.status = status


class Verdict:
    """What one check says of one case of one model; `required` counts what it has asked for."""

    def __init__(self, rule: str, property_name: str, description: Description, case: Case):
        self.rule = rule
        self.property_name = property_name
        self.description = description
        self.case = case
        self.required = 0

    def asked(self) -> dict[str, Any]:
        """The config keywords of this case."""
        return config_values(self.description, self.case)

    def raised(self, what: str, expected: object, error: Exception) -> ConformanceError:
        """The error for a case in which the model, or its config, raised one of its own."""
        status = "refused" if refuses(error, self.asked()) else "crash"
        return self.error(what, expected, told(error), status)

    def error(self, what: str, expected: object, got: object, status: str = "fail") -> ConformanceError:
        """The error for this case, with a snippet that shows it again."""
        case = self.case
        model = self.description.model_class.__name__
        lines = [
            f"{self.rule}, {self.property_name}: {model}, head_dim={case.head_dim}, rotary_ndims={case.n} "
            f"({self.description.width.key}={case.value!r}), rope_type={case.rope_type!r}",
            f"  {what}",
            f"  expected: {expected}",
            f"  got:      {got}",
            f"  config:   {self.asked()}",
            "To see it again:",
            *(f"  {line}" for line in reproduction(self.property_name, self.description, case).splitlines()),
        ]
        return ConformanceError(self.rule, self.property_name, "\n".join(lines), status)

    def fail(self, what: str, expected: object, got: object) -> NoReturn:
        """Raises the error for this case.

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


class TowerVerdict(Verdict):
    """What a check of a rotation by coordinates says of one case of one part of a model."""

    description: Tower

    def asked(self) -> dict[str, Any]:
        return self.description.config_values(self.case)

    def error(self, what: str, expected: object, got: object, status: str = "fail") -> ConformanceError:
        """The error for this case, with a snippet that builds what it is about."""
        tower, case = self.description, self.case
        values = self.asked()
        lines = [
            f"{self.rule}, {self.property_name}: {tower.model_class.__name__}, head_dim={case.head_dim}, "
            f"rotary_ndims={case.n} (partial_rotary_factor={case.value!r})",
            f"  {what}",
            f"  expected: {expected}",
            f"  got:      {got}",
            f"  config:   {values}",
            "To see it again:",
            *(f"  {_import_of(cls)}" for cls in (tower.config_class, tower.model_class)),
            f"  {tower.model_class.__name__}({tower.config_class.__name__}(**{values!r}))",
        ]
        return ConformanceError(self.rule, self.property_name, "\n".join(lines), status)


def _import_of(cls: type) -> str:
    module = "transformers" if getattr(transformers, cls.__name__, None) is cls else cls.__module__
    return f"from {module} import {cls.__name__}"


def reproduction(property_name: str, description: Description, case: Case) -> str:
    """A snippet to paste that runs the same check on the same case."""
    classes = [description.config_class, description.model_class]
    imports = [_import_of(cls) for cls in classes]
    extras = "".join(
        f", {name}={value!r}"
        for name, value in (
            ("config_overrides", description.config_overrides),
            ("rope_types", description.rope_types),
            ("rotated_last", description.rotated_last),
            ("normed_after_rotation", description.normed_after_rotation),
            ("entry", description.entry),
        )
        if value not in ({}, None, False, "input_ids")
    )
    return "\n".join(
        [
            *imports,
            "from transformers_conformance.rope import Case, Description, PROPERTIES",
            f"description = Description({classes[0].__name__}, {classes[1].__name__}, "
            f"layout={description.layout!r}{extras})",
            f"PROPERTIES[{property_name!r}].check(description, {case!r})",
        ]
    )
