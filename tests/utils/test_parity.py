"""R7's command sees a bit that differs, and tells whose fault it is."""

import sys
from pathlib import Path

import pytest
import torch

from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout
from tests import parity, parity_passes


RIGHT = {"output": "a", "gradient": "b"}
OTHER = {"output": "a", "gradient": "c"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (RIGHT, RIGHT, []),
        (RIGHT, OTHER, ["gradient"]),
        (RIGHT, {"output": "a"}, ["gradient"]),
        ({"output": "a"}, RIGHT, ["gradient"]),
        ({}, {}, ["no tensors"]),
        (RIGHT, "TypeError: x", ["pristine runs, the fork ends with TypeError: x"]),
        ("TypeError: x", "TypeError: x", ["pristine ends with TypeError: x, the fork ends with TypeError: x"]),
        (RIGHT, None, ["pristine runs, the fork has no such pass"]),
    ],
)
def test_each_way_to_differ(before, after, said):
    assert parity.differences(before, after) == said


class Recorded:
    """A build whose passes and rules are given."""

    def __init__(self, passes: dict, rules: dict):
        self._passes, self._rules = passes, rules

    def passes(self, model: str) -> dict:
        return self._passes

    def broken_rules(self, model: str, names: list[str]) -> dict:
        return {name: self._rules.get(name) for name in names}


@pytest.mark.parametrize(
    ("before", "after", "rules", "counts", "status"),
    [
        (RIGHT, RIGHT, {}, (1, 0, 0, 0), 0),
        (RIGHT, OTHER, {}, (0, 0, 0, 1), 1),
        (RIGHT, OTHER, {"one": "R2"}, (0, 1, 0, 0), 1),
        ("TypeError: x", RIGHT, {"one": "R1"}, (0, 1, 0, 0), 1),
        ("TypeError: x", RIGHT, {}, (0, 1, 0, 0), 1),
        ("ValueError: x", RIGHT, {}, (0, 0, 0, 1), 1),
        (RIGHT, "TypeError: x", {}, (0, 0, 0, 1), 1),
        ("TypeError: x", "ValueError: y", {}, (0, 0, 1, 0), 1),
        ("NaN in 2 of 3 tensors", "NaN in 2 of 3 tensors", {}, (0, 0, 1, 0), 1),
        (RIGHT, "NaN in 2 of 3 tensors", {}, (0, 0, 0, 1), 1),
    ],
)
def test_a_difference_counts_unless_pristine_is_wrong(before, after, rules, counts, status, capsys):
    one = parity.compared("llama", Recorded({"one": before}, rules), {"one": after})
    assert (one.equal, len(one.wrong), len(one.failing), len(one.different)) == counts
    assert parity.report([one]) == status
    said = capsys.readouterr().out
    assert ("NOTHING EQUAL of llama" in said) == (counts[0] == 0)
    assert ("DIFFERENT llama: one" in said) == (counts[3] > 0)
    assert ("pristine breaks" in said) == (counts[1] > 0)
    assert ("neither gives numbers" in said) == (counts[2] > 0)


def test_a_model_of_which_nothing_turns_has_nothing_to_differ_in(capsys):
    one = parity.compared("jamba", Recorded({}, {}), {})
    assert parity.report([one]) == 0
    assert "nothing of jamba turns by position" in capsys.readouterr().out


def test_where_something_is_equal_a_wrong_pristine_is_no_failure():
    before, after = {"one": RIGHT, "two": RIGHT}, {"one": RIGHT, "two": OTHER}
    for rules, status in (({"two": "R2"}, 0), ({}, 1)):
        one = parity.compared("llama", Recorded(before, rules), after)
        assert parity.report([one]) == status


def test_a_digest_tells_what_torch_tells():
    def same(one: torch.Tensor, other: torch.Tensor) -> bool:
        return parity_passes.digest(one) == parity_passes.digest(other)

    value = torch.linspace(-1, 1, 6)
    assert same(value, value.clone())
    assert same(torch.zeros(2), -torch.zeros(2))
    assert same(value.view(2, 3).T, value.view(2, 3).T.contiguous())
    assert not same(value, value.view(2, 3))
    assert not same(value, value.double())
    assert not same(value.bfloat16(), value.half())
    assert not same(value, value.nextafter(torch.tensor(2.0)))


def test_what_is_no_number_is_equal_to_nothing(monkeypatch):
    monkeypatch.setattr(
        parity_passes, "what_a_model_gives", lambda *given: {"a": torch.ones(1), "b": torch.tensor(torch.nan)}
    )
    assert parity_passes.Pass(None, None, "float32").result() == "NaN in 1 of 2 tensors, e.g. b"


def run(monkeypatch, layout: Layout) -> int:
    monkeypatch.setattr(parity, "Layout", lambda: layout)
    monkeypatch.setattr(sys, "argv", ["parity.py", "gptj", "-j", "1"])
    return parity.main()


def link_all_but(kept: str, original: Path, copy: Path) -> None:
    copy.mkdir(parents=True)
    for path in original.iterdir():
        if path.name != kept:
            (copy / path.name).symlink_to(path)


# GPT-J's rotation, with an error in the last bit.
BY_A_BIT = """
_right = apply_rotary_pos_emb


def apply_rotary_pos_emb(*arguments):
    return _right(*arguments) * (1 + 2**-23)
"""
# And its positions, turned round where it counts them.
WHERE_COUNTED = """
_given = GPTJModel.forward


def forward(self, input_ids, position_ids=None, **others):
    if position_ids is None:
        position_ids = torch.arange(input_ids.shape[1]).flip(0)[None]
    return _given(self, input_ids, position_ids=position_ids, **others)


GPTJModel.forward = forward
"""


def test_an_error_is_seen_and_what_ran_is_not_run_again(tmp_path, monkeypatch, capsys):
    layout = Layout(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "models").symlink_to(REPOSITORY / "tests" / "models")
    layout.upstream(DEFAULT_RELEASE).parent.mkdir(parents=True)
    layout.upstream(DEFAULT_RELEASE).symlink_to(Layout().upstream(DEFAULT_RELEASE))
    source = layout.source(DEFAULT_RELEASE)
    source.parent.mkdir(parents=True)
    source.symlink_to(Layout().source(DEFAULT_RELEASE))
    assert run(monkeypatch, layout) == 0
    assert "1 models, " in capsys.readouterr().out
    records = {path: path.stat().st_mtime_ns for path in layout.build.rglob("records/*/*.json")}
    assert len(records) == 3  # both builds, and what pristine breaks
    source.unlink()
    fork, name = Layout().source(DEFAULT_RELEASE) / "transformers", "modeling_gptj.py"
    link_all_but("models", fork, source / "transformers")
    link_all_but("gptj", fork / "models", source / "transformers" / "models")
    link_all_but(name, fork / "models" / "gptj", source / "transformers" / "models" / "gptj")
    code = (fork / "models" / "gptj" / name).read_text()
    for wrong, passed in ((BY_A_BIT, "float32: gradient"), (WHERE_COUNTED, "float32, counted: gradient")):
        (source / "transformers" / "models" / "gptj" / name).write_text(code + wrong)
        assert run(monkeypatch, layout) == 1
        said = capsys.readouterr().out
        assert f"DIFFERENT gptj: GPTJModel default head_dim=8 n=4 (4), {passed}" in said
    assert "(4), float32: gradient" not in said  # positions that are given are right
    pristine = [path for path in records if path.parent.name.endswith("pristine-parity")]
    assert [path.stat().st_mtime_ns for path in pristine if "record" in path.name] == [
        records[path] for path in pristine if "record" in path.name
    ]
