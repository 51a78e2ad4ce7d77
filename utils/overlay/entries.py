"""The files of entries in `src/`: read as YAML, and checked against the form that pydantic holds of one entry."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from .errors import OverlayError


ALL_RELEASES = SpecifierSet(prereleases=True)


def _range(value: object) -> SpecifierSet:
    try:
        if isinstance(value, str) and value.strip():
            return SpecifierSet(value, prereleases=True)
    except InvalidSpecifier:
        pass
    raise ValueError(f'{value!r} is no range of releases: write one such as ">=5" (PEP 440), or leave it out for all')


Releases = Annotated[SpecifierSet, PlainValidator(_range)]


class Entry(BaseModel):
    """One entry: it has no field but those that its form names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


EntryType = TypeVar("EntryType", bound=Entry)


def read_entries(path: Path, form_of: Callable[[Mapping], type[EntryType]]) -> list[EntryType]:
    """The entries of a file.

    Args:
        form_of: the form that an entry must have; a `ValueError` says why there is none.

    Raises:
        OverlayError: the file cannot be read, is no list of entries, or has an entry of another form.
    """
    try:
        entries = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise OverlayError(f"cannot be read: {error}", way_out="correct the file", file=path) from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise OverlayError("is not a list of entries", way_out="correct the file", file=path)
    return [_checked(entry, path, form_of) for entry in entries]


def _checked(entry: dict, path: Path, form_of: Callable[[Mapping], type[EntryType]]) -> EntryType:
    try:
        return form_of(entry).model_validate(entry)
    except ValidationError as error:  # pydantic's, which is a ValueError too
        problems = [_problem(one["loc"], one["msg"]) for one in error.errors()]
    except ValueError as error:
        problems = [str(error)]
    raise OverlayError(
        f"an entry has the wrong form: {'; '.join(problems)}",
        way_out="see the form in docs/how_it_works.md, or in the module that reads the file",
        file=path,
        entry=entry,
    )


def _problem(location: tuple, message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"`{'.'.join(map(str, location))}`: {message}" if location else message
