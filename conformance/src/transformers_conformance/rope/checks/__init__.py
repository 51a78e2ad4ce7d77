"""The properties. Each one is a plain function of a spec, a case and a verdict. Each module has one theme.

A check returns None, or raises a `ConformanceError` that names the rule. Importing this package registers all checks.

Tolerances are derived from the unit roundoff of float32, `U = 2^-24`. Each check states its tolerance.

Many checks read q and k twice: once with all positions 0, and once with real positions. The input of the first layer
does not depend on positions, so the second q and k must be the rotation of the first. These checks cannot see a
constant that a model adds to every position, because scores do not depend on it.
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
