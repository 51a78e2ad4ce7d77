"""What the models in other frameworks are known to break stands in one file."""

from pathlib import Path

from transformers_conformance.core.settings import settings


def pytest_configure():
    settings.expected_failures = settings.expected_failures or Path(__file__).with_name("expected_failures.toml")
