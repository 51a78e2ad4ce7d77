"""Rotary position embeddings: the reference, the checks, and what they need to know of a model."""

from .checks import PROPERTIES, Property
from .description import Case, Description
from .deviation import Deviation
from .results import HEAD_DIMS, Result, judge, judge_case, obstacles
from .verdict import ConformanceError


__all__ = [
    "HEAD_DIMS",
    "PROPERTIES",
    "Case",
    "ConformanceError",
    "Description",
    "Deviation",
    "Property",
    "Result",
    "judge",
    "judge_case",
    "obstacles",
]
