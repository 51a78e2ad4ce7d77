"""How a violated rule of a whole model is told."""

from typing import Any

from .verdict import ConformanceError, Verdict
from .whole_model import WholeModel


class WholeVerdict(Verdict):
    """What a check of positions on several axes says of one whole model."""

    description: WholeModel

    def asked(self) -> dict[str, Any]:
        return dict(self.description.config_values)

    def error(self, what: str, expected: object, got: object, status: str = "fail") -> ConformanceError:
        """The error, with a snippet that builds what it is about."""
        model, config = self.description.model_class, self.description.config_class
        lines = [
            f"{self.rule}, {self.property_name}: {model.__name__}",
            f"  {what}",
            f"  expected: {expected}",
            f"  got:      {got}",
            "To see it again:",
            *(f"  from {cls.__module__} import {cls.__name__}" for cls in (config, model)),
            f"  {model.__name__}({config.__name__}(**{self.asked()!r}))",
        ]
        return ConformanceError(self.rule, self.property_name, "\n".join(lines), status)
