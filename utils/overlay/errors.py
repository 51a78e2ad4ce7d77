"""The one error that the overlay raises: it says what is wrong, where, and what to do."""

import sys
from collections.abc import Callable


class OverlayError(Exception):
    """A build that cannot go on.

    Args:
        problem: what is wrong, in a sentence.
        way_out: what the reader can do about it.
        where: the things that it concerns, by name (`file`, `definition`, `edit`, `release`, ...).
    """

    def __init__(self, problem: str, *, way_out: str, **where: object):
        self.problem, self.way_out, self.where = problem, way_out, where
        places = [f"  {name}: {value}" for name, value in where.items() if value is not None]
        super().__init__("\n".join([problem, *places, f"  what to do: {way_out}"]))


def run(command: Callable[[], object]) -> None:
    """Runs a command, and ends the process with status 1 and the error's text where it raises one."""
    try:
        command()
    except OverlayError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
