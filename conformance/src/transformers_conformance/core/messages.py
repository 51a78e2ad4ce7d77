"""Collects the warnings of a model while it is built."""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging


_ANNOUNCEMENT = re.compile(r"[Ee]arlier releases ignored this key")


def without_announcements(messages: Iterable[str]) -> list[str]:
    """The messages that report a problem.

    The announcement that a key now counts reports none, because the key is honoured.
    """
    return [message for message in messages if not _ANNOUNCEMENT.search(message)]


@contextmanager
def collected_messages() -> Iterator[list[str]]:
    """The texts of all warnings from Transformers' loggers and from `warnings`. Complete after the block."""
    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("transformers")
    level = logger.level
    # Without this, a warning comes once per process, and the second model of a test run would give none.
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
