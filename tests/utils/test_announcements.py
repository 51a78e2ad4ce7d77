"""The fork says that earlier releases ignored `partial_rotary_factor` exactly if pristine ignores it.

Pristine itself decides: a factor that it ignores changes none of its tables.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from overlay.layout import DEFAULT_RELEASE, Layout


def _outcomes(tree: Path) -> dict[str, dict[str, Any]]:
    worker = Path(__file__).with_name("factor_tables.py")
    environment = os.environ | {"PYTHONPATH": str(tree)}
    done = subprocess.run([sys.executable, str(worker)], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By rotary module and rope type, the outcomes of pristine and of the fork for the factor, if both accept it."""
    layout = Layout()
    pristine, fork = _outcomes(layout.upstream(DEFAULT_RELEASE)), _outcomes(layout.source(DEFAULT_RELEASE))
    both = {name: (one, fork[name]) for name, one in pristine.items()}
    return {name: pair for name, pair in both.items() if not any("error" in one for one in pair)}


def test_a_factor_is_announced_only_if_pristine_ignores_it(outcomes):
    expected = {
        name: [False, fork["honoured"] and not pristine["honoured"]] for name, (pristine, fork) in outcomes.items()
    }
    assert {name: fork["announced"] for name, (_, fork) in outcomes.items()} == expected


def test_pristine_announces_nothing_and_both_answers_occur(outcomes):
    assert not [name for name, (pristine, _) in outcomes.items() if any(pristine["announced"])]
    said = [any(fork["announced"]) for _, fork in outcomes.values()]
    assert said.count(True) >= 100
    assert said.count(False) >= 100
