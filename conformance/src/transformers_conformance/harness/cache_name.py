"""What models call a cache: 5.24 renamed `past_key_values` to `cache`, and keeps the old name with a warning."""

import inspect


def cache_name(model_class: type) -> str | None:
    """The name in the class's `forward` and in its outputs; None if it takes no cache."""
    takes = inspect.signature(model_class.forward).parameters
    return next((name for name in ("cache", "past_key_values") if name in takes), None)
