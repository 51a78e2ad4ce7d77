"""Collects what a model says while it is built."""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging


_ANNOUNCEMENT = re.compile(r"[Ee]arlier releases ignored this key")


def without_announcements(messages: Iterable[str]) -> list[str]:
    """The messages that find a fault. One that tells that a key counts from now on finds none: the key is honoured."""
    return [message for message in messages if not _ANNOUNCEMENT.search(message)]


@contextmanager
def collected_messages() -> Iterator[list[str]]:
    """The texts of all warnings, from Transformers' loggers and from `warnings`, complete once the block ends."""
    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("transformers")
    level = logger.level
    # Said once a process otherwise, so the second model of a test run would stay silent.
    transformers_logging.warning_once.cache_clear()
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield messages
        messages.extend(str(warning.message) for warning in caught)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
