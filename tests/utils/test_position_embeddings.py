"""On the 4.57 line, an attention whose model computes `position_embeddings` once says that it needs them.

Else it fails to unpack None, in words that name nothing.
"""

import re
from pathlib import Path

import pytest
import torch
from environment import LINES

from tests.utils.upstream_rope import LAYOUT, fork, load, reason_to_skip


LINE = LINES["4.57"].release
BARE = re.compile(r"^\s*cos, sin = position_embeddings$", re.MULTILINE)
needs_the_fork = pytest.mark.skipif(reason_to_skip(LINE) is not None, reason=str(reason_to_skip(LINE)))


def bare(package: Path) -> list[str]:
    """Files of models that unpack what may be None."""
    return [path.name for path in sorted((package / "models").rglob("mod*.py")) if BARE.search(path.read_text())]


@needs_the_fork
def test_no_model_unpacks_what_may_be_none():
    assert not bare(LAYOUT.source(LINE) / "transformers")


@needs_the_fork
def test_upstream_of_the_older_line_does():
    """Else the test above would not see them."""
    assert len(bare(LAYOUT.upstream(LINE) / "transformers")) > 100


@needs_the_fork
def test_what_is_missing_is_named():
    require = load("modeling_rope_utils.py", "require_position_embeddings", fork(LINE))
    with pytest.raises(ValueError, match="`position_embeddings` is required: the cosines and sines"):
        require(None)
    given = torch.ones(2), torch.zeros(2)
    assert require(given) is given
