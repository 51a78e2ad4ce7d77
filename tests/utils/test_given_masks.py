"""4-D masks, upstream beside the fork: what upstream gets right stays, bit for bit; the rest is right, or refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from overlay.layout import DEFAULT_RELEASE, Layout


LAYOUT, RELEASE = Layout(), DEFAULT_RELEASE
PROGRAM = Path(__file__).with_name("given_masks.py")
CRASH = "size of tensor"
# What a cell means: the same as another cell, which is right on upstream; and what upstream makes of it: a part of its
# error, or "" if it gives other outputs.
REPAIRED = {
    **{
        f"{attention} {form}": (f"{attention} float", "")
        for attention in ("eager", "flex_attention")
        for form in ("bool", "int", "uint8")
    },
    **{f"sdpa {form}": ("sdpa float", "attn_mask dtype") for form in ("int", "uint8")},
    "eager padded, by upstream's mask": ("eager padded", ""),
    "flex_attention float per head": ("eager float per head", ""),
    "flex two rows": ("eager two rows", "out of bounds"),
    "flex two rows of t5": ("eager two rows of t5", "out of bounds"),
    "eager infinite rows": ("eager lowest rows", ""),
    "static seen": ("static whole", CRASH),
    "static seen sdpa bool": ("static whole sdpa bool", CRASH),
    "window seen": ("window without 4-D", CRASH),
    "window seen static": ("window without 4-D", CRASH),
    "compiled bool": ("eager float", ""),
    "compiled with slots": ("eager float", "TorchRuntimeError"),
    "exported bool": ("eager float of itself", ""),
    "bart bool": ("bart float", ""),
}
REFUSED = ("window opened", "window opened bool sdpa", "window opened static")


@pytest.fixture(scope="module")
def found() -> dict[str, dict]:
    """What the cells give on each tree."""
    trees = {"upstream": LAYOUT.upstream(RELEASE), "fork": LAYOUT.source(RELEASE)}
    runs = {
        name: subprocess.Popen(
            [sys.executable, PROGRAM],
            env=os.environ | {"PYTHONPATH": str(tree)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for name, tree in trees.items()
    }
    return {name: json.loads(run.communicate()[0]) for name, run in runs.items()}


def difference(one: list, other: list) -> float:
    """The largest, of nested lists of one shape."""
    if isinstance(one, list):
        return max(difference(*pair) for pair in zip(one, other, strict=True))
    return abs(one - other)


@pytest.mark.parametrize("cell", REPAIRED)
def test_what_upstream_gets_wrong_is_repaired(found, cell):
    meaning, error = REPAIRED[cell]
    upstream, fork, right = found["upstream"][cell], found["fork"][cell], found["upstream"][meaning]
    assert difference(fork, right) < 1e-4
    if error:
        assert error in upstream
    else:
        assert difference(upstream, right) > 1e-2


@pytest.mark.parametrize("cell", REFUSED)
def test_a_mask_that_opens_a_dropped_key_is_refused_by_name(found, cell):
    assert CRASH in found["upstream"][cell]
    assert found["fork"][cell] == (
        "ValueError: `attention_mask` of shape (1, 1, 1, 6) opens some of the first 2 tokens, but the sliding window "
        "of layer 0 has dropped their keys. Close these columns, or set `sliding_window` in the config to more than "
        "the number of tokens."
    )


def test_all_else_is_bit_identical(found):
    same = found["upstream"].keys() - REPAIRED.keys() - set(REFUSED)
    assert {cell for cell in same if isinstance(found["upstream"][cell], str)} == set()
    assert {cell for cell in same if found["upstream"][cell] != found["fork"][cell]} == set()
    assert {meaning for meaning, _ in REPAIRED.values()} <= same


def test_masks_differ(found):
    """If they did not, equality would prove nothing."""
    assert difference(found["fork"]["eager float"], found["fork"]["eager float of causal"]) > 0.1
    assert difference(found["fork"]["eager float per head"], found["fork"]["eager float"]) > 0.1
    assert difference(found["fork"]["window kept"], found["fork"]["eager float of causal"]) > 0.1
