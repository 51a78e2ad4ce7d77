"""The error of a file that cannot be read."""


class UnreadableError(Exception):
    """A file that is not what it should be.

    Args:
        name: the kind of error, in a few words with hyphens. It is the same for all files with this error.
        detail: what was found, and what was expected.
    """

    def __init__(self, name: str, detail: str):
        super().__init__(f"{name}: {detail}")
        self.name, self.detail = name, detail
