"""LongRoPE lists of other lengths than the number of pairs: the fork refuses what crashes on upstream, and no more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from overlay.layout import DEFAULT_RELEASE, Layout


LAYOUT, RELEASE = Layout(), DEFAULT_RELEASE
PROGRAM = """
import json, sys, torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

lists = json.loads(sys.argv[1])
parameters = {"rope_type": "longrope", "factor": 4.0, "original_max_position_embeddings": 16, "rope_theta": 777.0}
config = LlamaConfig(hidden_size=32, num_attention_heads=2, rope_parameters=parameters | lists)
found = []
try:
    rotary = LlamaRotaryEmbedding(config)
    for last in (15, 16):
        found += [table.tolist() for table in rotary(torch.zeros(1), position_ids=torch.tensor([[0, last]]))]
except Exception as error:
    found = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""


def found_on(tree: Path, short: int, long: int) -> list | str:
    """Cosines and sines of a short pass and of a long one, or the error."""
    lists = json.dumps({"short_factor": [1.5] * short, "long_factor": [2.5] * long})
    environment = os.environ | {"PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", PROGRAM, lists]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("short", "long"), [(8, 8), (1, 8), (8, 1), (1, 1), (7, 8), (8, 9), (0, 8)])
def test_lists_work_or_fail_as_on_upstream(short, long):
    upstream, fork = (found_on(tree, short, long) for tree in (LAYOUT.upstream(RELEASE), LAYOUT.source(RELEASE)))
    if isinstance(upstream, list):
        assert fork == upstream
    else:
        assert upstream.startswith("RuntimeError: The size of tensor a")
        key, length = ("short_factor", short) if short not in (1, 8) else ("long_factor", long)
        assert fork == f"ValueError: `{key}` needs 8 entries for 16 rotary channels, but has {length}"
