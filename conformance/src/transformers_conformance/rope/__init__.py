"""Rotary position embeddings: the reference, the checks, and what they need to know of a model."""

from .checks import COORDINATE_PROPERTIES, PROPERTIES, Property
from .description import Case, Description
from .deviation import Deviation
from .results import HEAD_DIMS, Result, judge, judge_case, obstacles
from .tower import Tower
from .verdict import ConformanceError


__all__ = [
    "COORDINATE_PROPERTIES",
    "HEAD_DIMS",
    "PROPERTIES",
    "Case",
    "ConformanceError",
    "Description",
    "Deviation",
    "Property",
    "Result",
    "Tower",
    "judge",
    "judge_case",
    "obstacles",
]
