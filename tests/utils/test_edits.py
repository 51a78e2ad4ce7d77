from pathlib import Path

import pytest

from overlay.build import read_overlay
from overlay.definitions import prefix_in
from overlay.edits import load_overlay
from overlay.errors import OverlayError
from overlay.layout import Layout
from overlay.upstream import known_releases


SERIES = """\
- {name: one, description: d, bug: b, forwarded: not yet, applied-upstream: null}
- {name: two, description: d, bug: b, forwarded: not yet, applied-upstream: null}
"""
REST = "series: one, description: why, issue: 1"
# The verbs with which descriptions begin. Add a verb if none of these fits.
VERBS = frozenset(
    """
    Accept Add Allow Alternate Avoid Build Cast Check Complete Compute Continue Convert Copy Count Cut Deinterleave
    Derive Distinguish Explain Extend Find Give Honour Infer Join Keep Leave Let List Make Map Mark Move Name Pass
    Prefer Read Rebuild Recognize Recompute Refuse Remove Rename Require Reshape Reuse Rotate Scale Set Share Skip
    Split Start Take Treat Use Visit Warn
    """.split()
)
SUBJECT = 72  # the longest description, in characters


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
    entry = "- {{rewrite: f, rule: {{pattern: x}}, fix: y, series: {}, description: {}, issue: 1}}"
    entries = "\n".join(
        entry.format(series, name) for name, series in (("a", "two"), ("b", "one"), ("c", "two"), ("d", "one"))
    )
    assert [edit.description for edit in load_overlay(layer(entries)).edits] == ["b", "d", "a", "c"]


def test_extra_roots_are_in_the_same_file_or_name_their_file(layer):
    entries = "- {definition: f, extra_roots: [g, models/x.py::C.f], " + REST + "}"
    (edit,) = load_overlay(layer(entries, "def f(): pass")).edits
    assert [str(root) for root in edit.roots] == ["m.py::f", "m.py::g", "models/x.py::C.f"]


@pytest.mark.parametrize(
    ("releases", "own", "first", "further"),
    [
        ("", "g", {"4.57.6", "5.0.0", "5.20.0"}, {"4.57.6", "5.0.0", "5.20.0"}),
        ("releases: '>=5', ", "g", {"5.0.0", "5.20.0"}, {"5.0.0", "5.20.0"}),
        ("", "g: '<5.20'", {"4.57.6", "5.0.0", "5.20.0"}, {"4.57.6", "5.0.0"}),
        ("releases: '>=5', ", "g: '<5.20'", {"5.0.0", "5.20.0"}, {"5.0.0"}),
        ("releases: '>=5, <5.20', ", "g", {"5.0.0"}, {"5.0.0"}),
    ],
)
def test_a_root_is_for_the_releases_of_its_edit_that_its_own_range_has(layer, releases, own, first, further):
    entries = "- {definition: f, extra_roots: [{" + own + "}], " + releases + REST + "}"
    (edit,) = load_overlay(layer(entries.replace("{g}", "g"), "def f(): pass")).edits
    found = [{one for one in ("4.57.6", "5.0.0", "5.20.0") if root.releases.contains(one)} for root in edit.roots]
    assert found == [first, further]


@pytest.mark.parametrize(
    ("file", "code", "prefix"),
    [
        ("models/gpt_neox/modular_gpt_neox.py", "GPTNeoXConfig", "GPTNeoX"),
        ("models/ernie4_5/modular_ernie4_5.py", "x: Ernie4_5Config", "Ernie4_5"),
        ("models/phi/modular_phi.py", "Phi3Config", ""),
        ("models/phi/modular_phi.py", "phi(PhiConfig)", "Phi"),
        ("models/llama/modeling_llama.py", "config", ""),
        ("modeling_rope_utils.py", "LlamaConfig", ""),
    ],
)
def test_the_prefix_of_an_edit_is_how_its_code_spells_its_model(file, code, prefix):
    """It does not depend on the release: the file of the edit may not be there."""
    assert prefix_in(code, file) == prefix


@pytest.mark.parametrize(
    ("entries", "code", "problem"),
    [
        ("- {rewrite: f, " + REST + "}", None, "`rule`: Field required; `fix`: Field required"),
        ("- {definition: f, fix: x, " + REST + "}", "def f(): pass", "`fix`: Extra inputs are not permitted"),
        ("- {definition: f, addition: f, " + REST + "}", "def f(): pass", "an edit is one of"),
        ("- {base: C, " + REST + "}", None, "`fix`: Field required"),
        ("- {base: C, rule: {pattern: x}, fix: D, " + REST + "}", None, "`rule`: Extra inputs are not permitted"),
        ("- {definition: g, " + REST + "}", "def f(): pass", "does not define g"),
        ("- {definition: f, " + REST + "}", None, "does not define f"),
        ("- {definition: f, why: x, " + REST + "}", "def f(): pass", "`why`: Extra inputs are not permitted"),
        ("- {definition: f, series: one}", "def f(): pass", "`description`: Field required"),
        ("- {definition: f, " + REST.replace("one", "three") + "}", "def f(): pass", "no series is called 'three'"),
        ("- {definition: f, " + REST + "}", "def f(): pass\n\n\ndef g(): pass", "g is declared 0 times"),
        ("definition: f", None, "not a list of entries"),
        ("- {definition: [", None, "cannot be read"),
        (
            "- {definition: [f, g], " + REST + "}",
            "def f(): pass",
            "`definition`: Input should be a valid string",
        ),
        (
            "- {addition: f, extra_roots: [g], " + REST + "}",
            "def f(): pass",
            "`extra_roots`: Value should have at most 0 items",
        ),
        ("- {definition: f, extra_roots: g, " + REST + "}", "def f(): pass", "`extra_roots`: write a list of roots"),
        ("- {definition: f, extra_roots: [1], " + REST + "}", "def f(): pass", "`extra_roots`: write a list of roots"),
        (
            "- {definition: f, extra_roots: [{g: '>=5', h: '>=5'}], " + REST + "}",
            "def f(): pass",
            "`extra_roots`: write a list of roots",
        ),
        ("- {definition: f, extra_roots: [g, {g: '>=5'}], " + REST + "}", "def f(): pass", "g is listed twice"),
        (
            "- {definition: f, extra_roots: [{g: 5.20.0}], " + REST + "}",
            "def f(): pass",
            "`extra_roots.g`: '5.20.0' is no range of releases",
        ),
        ("- {definition: f, releases: 5, " + REST + "}", "def f(): pass", "`releases`: 5 is no range of releases"),
        ("- {definition: f, releases: '', " + REST + "}", "def f(): pass", "`releases`: '' is no range of releases"),
        (
            "- {definition: f, releases: newest, " + REST + "}",
            "def f(): pass",
            "`releases`: 'newest' is no range of releases",
        ),
        ("- {definition: f, " + REST.replace("issue: 1", "issue: none") + "}", "def f(): pass", "`issue`: Input"),
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
    with pytest.raises(OverlayError, match="`description`: Field required.*`applied-upstream`: Field required"):
        load_overlay([tmp_path])


def faults_of(description: str) -> list[str]:
    """The reasons why a description cannot be the subject of a commit."""
    first = description.split()[0]
    faults = {
        f"has {len(description)} characters": len(description) > SUBJECT,
        "begins with a small letter": not first[0].isupper(),
        "ends with a full stop": description.endswith("."),
        f"begins with {first!r}, which is none of the verbs in use": first.capitalize() not in VERBS,
    }
    return [fault for fault, is_so in faults.items() if is_so]


def test_every_description_is_the_subject_of_a_commit():
    layout = Layout()
    overlays = [read_overlay(layout, release) for release in known_releases(layout).values()]
    descriptions = {edit.description for overlay in overlays for edit in overlay.edits}
    assert not {one: faults for one in sorted(descriptions) if (faults := faults_of(one))}
    assert {one.split()[0] for one in descriptions} == VERBS, "the list holds the verbs in use, and no other"


@pytest.mark.parametrize(
    ("description", "fault"),
    [
        ("Keep a request's rope_deltas with its cache", None),
        ("Keep " + "x" * (SUBJECT - len("Keep ")), None),
        ("Keep " + "x" * (SUBJECT + 1 - len("Keep ")), "has 73 characters"),
        ("keep a request's rope_deltas with its cache", "begins with a small letter"),
        ("Keep a request's rope_deltas with its cache.", "ends with a full stop"),
        ("Keeps a request's rope_deltas with its cache", "begins with 'Keeps', which is none of the verbs in use"),
        ("Flax's table hears head_dim", 'begins with "Flax\'s", which is none of the verbs in use'),
    ],
)
def test_a_description_that_is_not_a_subject_gets_a_reason(description, fault):
    assert faults_of(description) == ([fault] if fault else [])
