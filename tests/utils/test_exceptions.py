"""What is known to break is said once, in full, and by edits that exist."""

import tomllib

import pytest
import upstream_bugs

from overlay.edits import load_overlay
from overlay.layout import REPOSITORY
from transformers_conformance.recording import load_deviations
from transformers_conformance.rope import Deviation


TABLES = upstream_bugs.load_exceptions()
OURS = {"bug", "repaired_by", "unrepaired"}


def test_every_exception_can_be_read():
    assert len(load_deviations(upstream_bugs.EXCEPTIONS)) == len(TABLES) > 20


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table['bug']} {table.get('releases', '')}")
def test_an_exception_says_all_that_it_must(table):
    assert set(table) <= Deviation.keys() | OURS
    assert {"bug", "reason", "link", "models", "properties"} <= set(table)
    assert table["link"].startswith("https://github.com/huggingface/transformers/")
    assert ("repaired_by" in table) != ("unrepaired" in table)
    # What an edit of ours repairs is broken on upstream alone.
    assert ("repaired_by" in table) == (table.get("builds") == ["pristine"])
    known = {path.parent.name for path in (REPOSITORY / "tests" / "models").glob("*/test_*.py")}
    assert set(table["models"]) <= known


def test_tables_of_one_bug_agree():
    for key in ("reason", "link", "repaired_by", "unrepaired"):
        said = {(table["bug"], str(table.get(key))) for table in TABLES}
        assert len(said) == len({table["bug"] for table in TABLES})
    assert len({table["reason"] for table in TABLES}) == len({table["bug"] for table in TABLES})


def test_what_repairs_a_bug_is_an_edit():
    described = {edit.description for edit in load_overlay([REPOSITORY / "src"]).edits}
    named = {name for table in TABLES for name in table.get("repaired_by", ())}
    assert named <= described


def test_the_page_tells_of_every_bug_and_of_no_other():
    text = upstream_bugs.PAGE.read_text()
    sections = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert sections == list(dict.fromkeys(table["bug"] for table in TABLES))
    for table in TABLES:
        assert upstream_bugs.sentence(table["reason"]) in text
    for release in upstream_bugs.RELEASES:
        assert f"| {release} | `{upstream_bugs.command(release)}` | 12 |" in text


def line(**keys) -> dict:
    case = {"head_dim": 8, "n": 5, "value": "0.625", "rope_type": "default"}
    common = {"release": "5.23.0", "model": "phi", "property": "forward", "status": "fail", "known": "it crashes"}
    return (
        common | {"case": case, "reason": "R1, forward: said\n  config:   {}\nTo see it again:\n  import phi\n"} | keys
    )


def test_a_page_joins_exceptions_and_results():
    table = {"bug": "crash", "reason": "it crashes", "link": "https://x", "repaired_by": ["an edit"]}
    results = [line(), line(model="glm"), line(status="pass", known=None), line(model="phi", release="5.0.0")]
    text = upstream_bugs.page([table], results)
    assert "| 5.23.0 | `./run_tests --pristine` | 2 | 3 | 1 | 2 |" in text
    assert "## crash\n\nIt crashes. See <https://x>." in text
    assert "| glm | 5.23.0 | `forward` |" in text and "| phi | 5.0.0, 5.23.0 | `forward` |" in text
    assert "```text\nR1, forward: said\n```" in text and "```python\nimport phi\n```" in text
    assert text.endswith("Repaired by: an edit.\n")


def test_the_smallest_case_of_the_newest_release_is_shown():
    older = line(
        release="4.48.3", reason="old\nTo see it again:\n  old\n", case=line()["case"] | {"head_dim": 4, "n": 0}
    )
    wide = line(reason="wide\nTo see it again:\n  wide\n", case=line()["case"] | {"n": 7})
    assert "R1, forward: said" in upstream_bugs.reproduction([wide, older, line()])


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(upstream_bugs, "RESULTS", tmp_path)

    def write(text: str):
        for release in upstream_bugs.RELEASES:
            (tmp_path / f"{release}-pristine.jsonl").write_text(text)

    return write


def test_a_release_that_was_not_judged_is_named(results):
    with pytest.raises(SystemExit, match=r"4\.48\.3 was not judged; run \./run_tests --release 4\.48\.3"):
        upstream_bugs.load_results()


def test_a_failure_that_nobody_knows_is_named(results):
    results('{"release": "5.0.0", "model": "phi", "property": "far", "status": "fail", "known": null}\n')
    with pytest.raises(SystemExit, match="exceptions.toml knows nothing of 1 failures: 5.0.0 phi far"):
        upstream_bugs.load_results()


def test_tables_are_toml():
    assert tomllib.loads(upstream_bugs.EXCEPTIONS.read_text()).keys() == {"exception"}
