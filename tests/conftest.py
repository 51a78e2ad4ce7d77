"""Fixtures of all tests of the fork."""

import os

import pytest


# Before torch is imported: its models are tiny here, and threads that wait for each other take most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def logged(caplog):
    """The records that the library logs, each one once: if `CI` is set, its logger propagates to pytest's handler."""
    from transformers.utils import logging as transformers_logging  # not every environment of these tests has it

    logger = transformers_logging.get_logger("transformers")
    transformers_logging.warning_once.cache_clear()
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)
    logger.propagate = propagate
