"""The PEP 517 backend: builds the fork, then calls setuptools.

There are two differences to the backend of setuptools. Upstream is a build requirement, unless its pristine copy
exists. A hook that needs the files of the fork builds the fork first. The setting
`--config-settings upstream=<release>` or the variable `TRANSFORMERS_UPSTREAM` chooses the release.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from setuptools import build_meta

from overlay.errors import OverlayError
from overlay.layout import DEFAULT_RELEASE, Layout


VARIABLE = "TRANSFORMERS_UPSTREAM"
Settings = dict[str, str | list[str]] | None


def chosen_release(config_settings: Settings = None) -> str:
    """The upstream release to build on: the setting, else the variable, else the default."""
    setting = (config_settings or {}).get("upstream")
    if isinstance(setting, list):
        setting = setting[-1]
    return setting or os.environ.get(VARIABLE) or DEFAULT_RELEASE


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn an `OverlayError` into its message, since pip prints a traceback of any other error."""
    try:
        yield
    except OverlayError as error:
        raise SystemExit(f"error: {error}") from None


@contextmanager
def _fork(config_settings: Settings) -> Iterator[None]:
    """Build the fork, and tell `setup.py` its release."""
    from overlay.build import build

    with _plain_errors():
        release = chosen_release(config_settings)
        build(Layout(), release)
    with _release_in_environment(release):
        yield


@contextmanager
def _release_in_environment(release: str) -> Iterator[None]:
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = release
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def _requirements(config_settings: Settings) -> list[str]:
    from overlay.upstream import find_pin

    with _plain_errors():
        release = find_pin(Layout(), chosen_release(config_settings)).release
    return [] if Layout().upstream(release).exists() else [f"transformers=={release}"]


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return _requirements(config_settings)


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    return _requirements(config_settings)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    return _requirements(config_settings)


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    with _fork(config_settings):
        return build_meta.prepare_metadata_for_build_wheel(metadata_directory, _rest(config_settings))


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: Settings = None) -> str:
    with _fork(config_settings):
        return build_meta.prepare_metadata_for_build_editable(metadata_directory, _rest(config_settings))


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    with _fork(config_settings):
        return build_meta.build_wheel(wheel_directory, _rest(config_settings), metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    with _fork(config_settings):
        return build_meta.build_editable(wheel_directory, _rest(config_settings), metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    with _fork(config_settings):
        return build_meta.build_sdist(sdist_directory, _rest(config_settings))


def _rest(config_settings: Settings) -> Settings:
    """The settings for setuptools."""
    return {key: value for key, value in (config_settings or {}).items() if key != "upstream"}
