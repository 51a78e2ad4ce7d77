"""Roundings, which tolerances are derived from."""

U = 2.0**-24  # unit roundoff of float32
