"""Rotary position embeddings: the reference, the checks, and what they need to know of a model."""

from .checks import PROPERTIES, Property
from .description import Case, Description
from .results import HEAD_DIMS, Result, judge
from .verdict import ConformanceError


__all__ = ["HEAD_DIMS", "PROPERTIES", "Case", "ConformanceError", "Description", "Property", "Result", "judge"]
