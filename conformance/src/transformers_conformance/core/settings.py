"""The options of a session: the file of results, the file of expected failures, the name of the build."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Settings:
    """The options that `plugin` sets.

    Args:
        results: every result is appended to this file.
        expected_failures: the file of expected failures.
        build: the caller's name of the build that is judged, such as "pristine".
        model: a user's own model to judge, in the form that `harness.own_code` reads.
        topics: the names of the topics whose tests run; None for all tests.
    """

    results: Path | None = None
    expected_failures: Path | None = None
    build: str = "unknown"
    model: str | None = None
    topics: list[str] | None = None


settings = Settings()
