"""One file lists the expected failures of all models in other frameworks."""

from pathlib import Path

from transformers_conformance.core.settings import settings


def pytest_configure():
    settings.expected_failures = settings.expected_failures or Path(__file__).with_name("expected_failures.toml")
