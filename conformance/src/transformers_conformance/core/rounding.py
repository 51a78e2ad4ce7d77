"""Unit roundoffs, from which tolerances are derived."""

U = 2.0**-24  # unit roundoff of float32
