"""The config classes of a downstream server, which we did not write, give the same configs on pristine and the fork.

They come from the wheel of `sglang`, which `tests/references/requirements.txt` installs.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import transformers
from overlay.layout import DEFAULT_RELEASE, Layout
from tests.references import server_configs


FEWEST = 20  # with fewer classes, the files were not found, or can no longer be imported


@pytest.fixture(scope="module")
def folder(references: Path) -> Path:
    found = references / "sglang" / "srt" / "configs"
    if not found.is_dir():
        pytest.skip(f"{found.name} of sglang is not installed: python3 utils/environment.py installs it")
    return found


def _outcomes(tree: Path, folder: Path) -> dict[str, object]:
    variables = os.environ | {"PYTHONPATH": str(tree)}
    command = [sys.executable, server_configs.__file__, str(folder)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(
    transformers.__version__.partition("+")[0] != DEFAULT_RELEASE,
    reason="tested on the default line: build/env/bin/python -m pytest tests/references/test_server_configs.py",
)
def test_configs_of_a_server_are_the_same_on_both_builds(folder: Path):
    layout = Layout()
    pristine = _outcomes(layout.upstream(DEFAULT_RELEASE), folder)
    fork = _outcomes(layout.source(DEFAULT_RELEASE), folder)
    assert len(pristine) >= FEWEST * len(server_configs.ARGUMENTS)
    built = [name for name, outcome in pristine.items() if isinstance(outcome, dict)]
    assert len(built) > len(pristine) / 2, "too few classes can be built for a useful comparison"
    different = {name: (pristine[name], fork.get(name)) for name in built if pristine[name] != fork.get(name)}
    assert not different, f"{len(different)} of {len(built)}: {list(different.items())[:3]}"
