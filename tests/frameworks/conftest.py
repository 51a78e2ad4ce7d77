"""Tests that compare PyTorch, TensorFlow and Flax, which only the 4.57 line has."""

import pytest

from tests.frameworks.frameworks import WHY_SKIPPED


def pytest_collection_modifyitems(items):
    if WHY_SKIPPED:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=WHY_SKIPPED))
