"""What the caller of a session chose: where results go, what is expected to fail, what the build is called."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Settings:
    """The options of `plugin`, which sets them.

    Args:
        results: every result is appended to this file.
        expected_failures: the file of expected failures.
        build: what the caller calls the build that is judged, such as "pristine".
        model: a user's own model to judge, as `harness.own_code` takes it.
    """

    results: Path | None = None
    expected_failures: Path | None = None
    build: str = "unknown"
    model: str | None = None


settings = Settings()
