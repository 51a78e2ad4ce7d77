"""Rotary position embeddings: the reference, the checks, and what they need to know of a model."""

from .checks import COORDINATE_PROPERTIES, PROPERTIES, SEVERAL_AXES_PROPERTIES, Property
from .description import Case, Description
from .deviation import Deviation
from .results import HEAD_DIMS, Result, judge, judge_case, obstacles
from .tower import Tower
from .verdict import ConformanceError
from .whole_model import WholeModel


__all__ = [
    "COORDINATE_PROPERTIES",
    "HEAD_DIMS",
    "PROPERTIES",
    "SEVERAL_AXES_PROPERTIES",
    "Case",
    "ConformanceError",
    "Description",
    "Deviation",
    "Property",
    "Result",
    "Tower",
    "WholeModel",
    "judge",
    "judge_case",
    "obstacles",
]
