"""A finding of the doctor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or questionable.

    Args:
        rule: the name of the rule, the same for all files.
        place: the dotted key that is meant.
        text: what is wrong, with the value and what is expected.
        advice: what to do.
        severe: whether no release computes what the file states; otherwise some releases do, or the value is odd.
    """

    rule: str
    place: str
    text: str
    advice: str
    severe: bool = False
