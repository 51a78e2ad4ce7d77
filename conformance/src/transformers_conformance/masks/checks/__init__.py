"""The checks of attention masks, one module per theme. Importing them registers the properties."""

from . import given, heads, length, padding, same  # noqa: F401
