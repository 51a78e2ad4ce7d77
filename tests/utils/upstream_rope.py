"""What is said of every RoPE definition of pristine upstream, found once for all tests of a process."""

from functools import cache

from discovery.coverage import Verdict, judge_release, pristine_tree
from overlay.engine import Tree
from overlay.layout import DEFAULT_RELEASE, Layout


LAYOUT = Layout()


@cache
def verdicts() -> list[Verdict]:
    return judge_release(LAYOUT, DEFAULT_RELEASE)


@cache
def tree() -> Tree:
    return pristine_tree(LAYOUT, DEFAULT_RELEASE)
