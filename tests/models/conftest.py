"""What the models of this repository are known to break stands in one file."""

import gc
from pathlib import Path

from transformers_conformance.core.settings import settings


# Importing Transformers makes a million objects that live on; collecting among them costs a tenth of the time.
gc.set_threshold(200_000)


def pytest_configure():
    settings.expected_failures = settings.expected_failures or Path(__file__).with_name("expected_failures.toml")


def pytest_collection_finish():
    """What the import made stays, so that no later collection looks through it."""
    gc.freeze()
