"""The one error of the overlay. It says what is wrong, where, and what to do."""

import sys
from collections.abc import Callable


class OverlayError(Exception):
    """A build that cannot go on.

    Args:
        problem: what is wrong, in a sentence.
        way_out: what the reader can do.
        where: what the error is about, by name (`file`, `definition`, `edit`, `release`, ...).
    """

    def __init__(self, problem: str, *, way_out: str, **where: object):
        self.problem, self.way_out, self.where = problem, way_out, where
        places = [f"  {name}: {value}" for name, value in where.items() if value is not None]
        super().__init__("\n".join([problem, *places, f"  what to do: {way_out}"]))


def run(command: Callable[[], object]) -> None:
    """Runs a command. If it raises an `OverlayError`, prints the error and ends the process with status 1."""
    try:
        command()
    except OverlayError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
