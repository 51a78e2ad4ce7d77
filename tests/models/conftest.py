"""What the models of this repository are known to break stands in one file."""

import gc
import os
from pathlib import Path


os.environ.setdefault("TRANSFORMERS_CONFORMANCE_EXCEPTIONS", str(Path(__file__).with_name("exceptions.toml")))
# Importing Transformers makes a million objects that live on; collecting among them costs a tenth of the time.
gc.set_threshold(200_000)

from transformers_conformance.plugin import pytest_configure, pytest_runtest_makereport  # noqa: E402, F401


def pytest_collection_finish():
    """What the import made stays, so that no later collection looks through it."""
    gc.freeze()
