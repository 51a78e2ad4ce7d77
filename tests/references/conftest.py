"""Tests that compare with implementations whose code does not come from Transformers."""

import importlib.util
import sys
from pathlib import Path

import pytest


# In a folder of their own, because their requirements contradict those of the environment.
REFERENCES = Path(sys.prefix) / "references"
sys.path.append(str(REFERENCES))


@pytest.fixture(scope="session")
def references() -> Path:
    return REFERENCES


def pytest_collection_modifyitems(items):
    if importlib.util.find_spec("litgpt") is None:
        reason = "litgpt is not installed: ./run_tests makes build/env, which has it, and --line 4.57 build/env-4.57"
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))
