from pathlib import Path

import pytest

from overlay.edits import load_overlay
from overlay.errors import OverlayError


SERIES = """\
- {name: one, description: d, bug: b, forwarded: not yet, applied-upstream: null}
- {name: two, description: d, bug: b, forwarded: not yet, applied-upstream: null}
"""
REST = "series: one, description: why, issue: 1, reaches: {5.23.0: 1}"


@pytest.fixture
def layer(tmp_path: Path):
    (tmp_path / "series.yml").write_text(SERIES)
    (tmp_path / "transformers").mkdir()

    def write(entries: str, code: str | None = None) -> list[Path]:
        (tmp_path / "transformers" / "m.yml").write_text(entries)
        if code is not None:
            (tmp_path / "transformers" / "m.py").write_text(code)
        return [tmp_path]

    return write


def test_edits_come_in_the_order_of_their_series_then_of_their_file(layer):
    entry = (
        "- {{rewrite: f, rule: {{pattern: x}}, fix: y, series: {}, description: {}, issue: 1, reaches: {{5.23.0: 1}}}}"
    )
    entries = "\n".join(
        entry.format(series, name) for name, series in (("a", "two"), ("b", "one"), ("c", "two"), ("d", "one"))
    )
    assert [edit.description for edit in load_overlay(layer(entries)).edits] == ["b", "d", "a", "c"]


def test_further_roots_stand_in_the_same_file_or_name_theirs(layer):
    entries = "- {definition: f, also: {g: {5.23.0: 2}, models/x.py::C.f: {5.23.0: 3}}, " + REST + "}"
    (edit,) = load_overlay(layer(entries, "def f(): pass")).edits
    assert [str(root) for root in edit.roots] == ["m.py::f", "m.py::g", "models/x.py::C.f"]
    assert [root.reaches["5.23.0"] for root in edit.roots] == [1, 2, 3]


@pytest.mark.parametrize(
    ("entries", "code", "problem"),
    [
        ("- {rewrite: f, " + REST + "}", None, "has `rule` and `fix`"),
        ("- {definition: f, fix: x, " + REST + "}", "def f(): pass", "has `rule` and `fix`"),
        ("- {definition: f, addition: f, " + REST + "}", "def f(): pass", "an edit is one of"),
        ("- {base: C, " + REST + "}", None, "a base has `fix`"),
        ("- {base: C, rule: {pattern: x}, fix: D, " + REST + "}", None, "a base has `fix`"),
        ("- {definition: g, " + REST + "}", "def f(): pass", "does not define g"),
        ("- {definition: f, " + REST + "}", None, "does not define f"),
        ("- {definition: f, why: x, " + REST + "}", "def f(): pass", r"unknown fields \['why'\]"),
        ("- {definition: f, series: one}", "def f(): pass", "lacks"),
        ("- {definition: f, " + REST.replace("one", "three") + "}", "def f(): pass", "no series is called 'three'"),
        ("- {definition: f, " + REST + "}", "def f(): pass\n\n\ndef g(): pass", "g is declared 0 times"),
        ("definition: f", None, "not a list of entries"),
        ("- {definition: [", None, "cannot be read"),
        ("- {definition: [f, g], " + REST + "}", "def f(): pass", "names one definition; further ones go into `also`"),
        ("- {addition: f, also: {g: {5.23.0: 1}}, " + REST + "}", "def f(): pass", "one place, and no `also`"),
        ("- {definition: f, also: [g], " + REST + "}", "def f(): pass", "has a count for each release"),
        ("- {definition: f, also: {g: 1}, " + REST + "}", "def f(): pass", "has a count for each release"),
        ("- {definition: f, " + REST.replace("{5.23.0: 1}", "{}") + "}", "def f(): pass", "at least one release"),
        ("- {definition: f, also: {g: {}}, " + REST + "}", "def f(): pass", "at least one release"),
        (
            "- {definition: f, also: {g: {4.57.6: 1}}, " + REST + "}",
            "def f(): pass",
            r"`also` names \['4.57.6'\], and `reaches` does not",
        ),
        (
            "- {definition: f, " + REST.replace("{5.23.0: 1}", "1") + "}",
            "def f(): pass",
            "has a count for each release",
        ),
    ],
)
def test_an_entry_that_is_wrong_is_refused_by_name(layer, entries, code, problem):
    with pytest.raises(OverlayError, match=problem) as caught:
        load_overlay(layer(entries, code))
    assert "m.yml" in str(caught.value), "the message names the file"
    assert "what to do:" in str(caught.value)


def test_definitions_without_entries_are_refused(tmp_path: Path):
    (tmp_path / "series.yml").write_text(SERIES)
    (tmp_path / "transformers").mkdir()
    (tmp_path / "transformers" / "m.py").write_text("def f(): pass\n")
    with pytest.raises(OverlayError, match="no edit declares"):
        load_overlay([tmp_path])


def test_a_series_that_is_incomplete_is_refused(tmp_path: Path):
    (tmp_path / "series.yml").write_text("- {name: one}\n")
    with pytest.raises(OverlayError, match="a series needs exactly the fields"):
        load_overlay([tmp_path])
