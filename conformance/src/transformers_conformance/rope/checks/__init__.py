"""The properties, each a plain function over a description and a case, in modules by theme.

A check returns None, or raises `ConformanceError` citing the rule. `PROPERTIES` lists those of positions, by name, and
`COORDINATE_PROPERTIES` those of coordinates on several axes, and `SEVERAL_AXES_PROPERTIES` those of whole models that
count positions on several axes.

Tolerances are derived from the unit roundoff of float32, `U = 2^-24`, and said where they are used. q and k are read
at all positions 0 and at real positions; since the first layer's input does not depend on positions, the one must be
the rotation of the other. What cannot be seen so is a constant added to every position: scores do not depend on it.
"""

from . import (  # noqa: F401
    backends,
    batch,
    cache,
    config,
    coordinates,
    head_sizes,
    heads,
    layers,
    lifecycle,
    position,
    precision,
    rotation,
    scaling,
    scores,
    several_axes,
    training,
)
from .coordinates import COORDINATE_PROPERTIES
from .registry import PROPERTIES, Property
from .several_axes import SEVERAL_AXES_PROPERTIES


__all__ = ["COORDINATE_PROPERTIES", "PROPERTIES", "SEVERAL_AXES_PROPERTIES", "Property"]
