"""Rotary position embeddings: the topics, and the specs that describe a model to them."""

from . import checks  # noqa: F401, registers the properties
from .axial_spec import AxialRotarySpec
from .case import Case
from .properties import AXIAL, HEAD_DIMS, ROTARY, SEVERAL_AXES
from .several_axes_spec import SeveralAxesSpec
from .spec import RotarySpec


__all__ = [
    "AXIAL",
    "HEAD_DIMS",
    "ROTARY",
    "SEVERAL_AXES",
    "AxialRotarySpec",
    "Case",
    "RotarySpec",
    "SeveralAxesSpec",
]
