"""The properties, each a plain function over a spec, a case and a verdict, in modules by theme.

A check returns None, or raises `ConformanceError` citing the rule. To import this package registers all of them.

Tolerances are derived from the unit roundoff of float32, `U = 2^-24`, and stated where they are used. q and k are read
at all positions 0 and at real positions. The first layer's input does not depend on positions, so the one must be the
rotation of the other. What cannot be seen so is a constant added to every position: scores do not depend on it.
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
