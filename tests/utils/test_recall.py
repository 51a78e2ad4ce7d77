"""Tensors show which definitions take part in a rotation, and the rules of discovery find these definitions."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest
import torch

from discovery.provenance import Rotations
from discovery.recall import report
from discovery.rules.rope import ROPE
from discovery.scan import FoundDefinition
from overlay.layout import DEFAULT_RELEASE, Layout


MODEL = """
import torch
from torch import nn


def steps(dim):
    return 100.0 ** -(torch.arange(0, dim, 2) / dim)


def swap(x):
    a, b = x.chunk(2, dim=-1)
    return torch.cat((-b, a), dim=-1)


def turn(x, cos, sin):
    return x * cos + swap(x) * sin


def gate(x, y):
    return x * y.sigmoid()


class Angles(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.steps = steps(dim)

    def forward(self, positions):
        return self.widen(positions[:, None] * self.steps)

    def widen(self, angles):
        angles = torch.cat((angles, angles), dim=-1)
        return angles.cos(), angles.sin()


class Model(nn.Module):
    def __init__(self, rotary):
        super().__init__()
        self.tokens, self.query, self.angles = nn.Embedding(9, 8), nn.Linear(8, 8), Angles(rotary)
        self.rotary = rotary

    def forward(self, ids):
        x = self.query(self.tokens(ids))
        cos, sin = self.angles(torch.arange(len(ids)))
        return gate(self.rotate(x, cos, sin), x) @ x.T

    def rotate(self, x, cos, sin):
        head, tail = x.tensor_split([self.rotary], dim=-1)
        return torch.cat((turn(head, cos, sin), tail), dim=-1)
"""
MAKES_ANGLES = {"steps", "Angles.forward", "Angles.widen"}


@pytest.fixture
def found_in(tmp_path):
    def run(text: str) -> set[str]:
        (tmp_path / "toy.py").write_text(text)
        spec = importlib.util.spec_from_file_location("toy", tmp_path / "toy.py")
        toy = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(toy)
        with Rotations(tmp_path) as rotations, torch.no_grad():
            toy.Model(4)(torch.arange(5))
        assert {file for file, _ in rotations.found} <= {"toy.py"}
        return {name for _, name in rotations.found}

    return run


def test_exactly_the_rotating_definitions_are_found(found_in):
    assert found_in(MODEL) == {"swap", "turn", "Model.rotate", *MAKES_ANGLES}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        # Adding sinusoids is not a rotation
        ("x * cos + swap(x) * sin", "x + cos + sin", set()),
        # Angles that nothing uses
        ("x * cos + swap(x) * sin", "swap(x)", set()),
        # The same in one function, for whole heads
        ("x * cos + swap(x) * sin", "x * cos", {"turn", "Model.rotate", *MAKES_ANGLES}),
        ("torch.cat((turn(head, cos, sin), tail), dim=-1)", "turn(head, cos, sin)", {"swap", "turn", *MAKES_ANGLES}),
    ],
)
def test_other_definitions_are_not_found(found_in, old, new, found):
    text = MODEL.replace(old, new).replace("gate(self.rotate(x, cos, sin), x) @ x.T", "self.rotate(x, cos, sin)")
    assert old not in text
    assert found_in(text) == found


def test_the_report_counts_the_finds_of_each_rule_and_names_missed_definitions():
    first, second = (rule.name for rule in ROPE.rules([])[:2])
    found = [FoundDefinition("a.py", "f", (), (first,)), FoundDefinition("a.py", "g", (), (first, second))]
    lines = list(report(found, {("a.py", "g"), ("a.py", "h")}))
    numbers = {line[:45].strip(): line[45:].split() for line in lines}
    assert numbers[first] == ["2", "1", "1", "0"]
    assert numbers[second] == ["1", "0", "1", "0"]
    assert lines[-2:] == [
        "2 definitions took part in rotations; the rules find 1 of them (50.0 %)",
        "no rule finds a.py::h",
    ]


def test_the_rules_find_the_rotating_definitions_of_a_model():
    layout = Layout()
    path = f"{layout.upstream(DEFAULT_RELEASE)}{os.pathsep}{layout.root / 'utils'}"
    command = [sys.executable, "-m", "discovery.recall", "phi", "--release", DEFAULT_RELEASE]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ran, found = map(int, re.search(r"(\d+) definitions took part .* find (\d+)", done.stdout).groups())
    assert ran == found > 0


def test_only_a_pristine_release_is_run():
    layout = Layout()
    environment = os.environ | {"PYTHONPATH": f"{layout.source(DEFAULT_RELEASE)}{os.pathsep}{layout.root / 'utils'}"}
    command = [sys.executable, "-m", "discovery.recall", "phi", "--release", DEFAULT_RELEASE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "this is not the pristine release" in done.stderr
