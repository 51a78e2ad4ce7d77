"""Expected failures are complete, each bug is stated once, and the edits that they name exist."""

import re
import tomllib
from functools import cache

import pytest
import upstream_bugs
from registry import parts_of, registered_models
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES, model_type_to_module_name

from overlay.edits import load_overlay
from overlay.layout import DEFAULT_RELEASE, REPOSITORY
from transformers_conformance.core.recording import load_expected_failures


BUGS = upstream_bugs.load_expected_failures()
# The names on the 4.x line of configs that have another name on the newest line.
OLDER_NAMES = {"EvollaModel": "evolla", "SaProtConfig": "evolla", "Glm4vMoe_text": "glm4v_moe_text"}


def test_every_place_can_be_read():
    places = [place for bug in BUGS for place in bug["where"]]
    assert len(load_expected_failures(upstream_bugs.EXPECTED_FAILURES)) == len(places) > 20


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug["bug"])
def test_a_bug_has_exactly_its_fields(bug):
    assert set(bug) - {"repaired_by", "unrepaired"} == {"bug", "kind", "reason", "link", "where"}
    assert bug["link"].startswith("https://github.com/huggingface/transformers/")
    assert ("repaired_by" in bug) != ("unrepaired" in bug)
    known = {path.parent.name for path in (REPOSITORY / "tests" / "models").glob("*/test_*.py")}
    for place in bug["where"]:
        # The model type of a model, or of a part whose config has its own name.
        names = [OLDER_NAMES.get(name, name) for name in place.get("models", ())]
        assert all(name in CONFIG_MAPPING_NAMES and model_type_to_module_name(name) in known for name in names)
        assert place.get("models") != []
        # A bug that an edit repairs occurs only on upstream.
        assert ("repaired_by" in bug) == (place.get("builds") == ["pristine"])


@pytest.mark.parametrize("key", ["bug", "reason"])
def test_no_bug_is_stated_twice(key):
    """Results name a bug by its reason."""
    stated = [bug[key] for bug in BUGS]
    assert sorted(stated) == sorted(set(stated))


def test_repairs_are_edits():
    described = {edit.description for edit in load_overlay([REPOSITORY / "src", REPOSITORY / "src" / "4.57"]).edits}
    named = {name for bug in BUGS for name in bug.get("repaired_by", ())}
    assert named <= described


def test_the_page_names_every_bug_and_no_other():
    text = upstream_bugs.PAGE.read_text()
    sections = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    # The page was written after the last full run of all releases; its first paragraph names newer bugs.
    head = text.partition("## ")[0]
    since = [bug["bug"] for bug in BUGS if f"`{bug['bug']}`" in head]
    assert sections == [bug["bug"] for bug in BUGS if bug["bug"] not in since]
    for release in upstream_bugs.RELEASES:
        lists = {upstream_bugs.RELEASES[-1]: "models_changed.txt", "4.57.6": "lines/4.57/models_changed.txt"}
        listed = lists.get(release, "lines/models_sampled.txt")
        judged = [model for model in (REPOSITORY / listed).read_text().split() if properties_are_asked_of(model)]
        row = re.search(
            rf"^\| {re.escape(release)} \| `{re.escape(upstream_bugs.command(release))}` \| (\d+) \|", text, re.M
        )
        assert row and int(row[1]) >= len(judged)  # some models are judged in two parts


@cache
def properties_are_asked_of(model: str) -> bool:
    """Some models have tests of their own instead, and write no results."""
    return bool(parts_of(registered_models()[model]))


def line(**keys) -> dict:
    case = {"head_dim": 8, "n": 5, "value": "0.625", "rope_type": "default"}
    common = {"release": DEFAULT_RELEASE, "model": "phi", "property": "forward", "status": "fail"}
    common["known"] = "it crashes"
    return (
        common | {"case": case, "reason": "R1, forward: said\n  config:   {}\nTo see it again:\n  import phi\n"} | keys
    )


def test_a_page_joins_exceptions_and_results():
    bug = {"bug": "crash", "reason": "it crashes", "link": "https://x", "repaired_by": ["an edit"]}
    results = [line(), line(model="glm"), line(status="pass", known=None), line(model="phi", release="5.0.0")]
    text = upstream_bugs.page([bug], results)
    assert f"| {DEFAULT_RELEASE} | `./run_tests --pristine` | 2 | 3 | 1 | 2 |" in text
    assert "## crash\n\nIt crashes. See <https://x>." in text
    for models, releases in (("glm", DEFAULT_RELEASE), ("phi", f"5.0.0, {DEFAULT_RELEASE}")):
        assert f"| {models} | {releases} | `forward` |" in text
    assert "```text\nR1, forward: said\n```" in text and "```python\nimport phi\n```" in text
    assert text.endswith("Repaired by: an edit.\n")


def test_a_place_for_all_models_lists_the_models_that_failed():
    bug = {"bug": "crash", "reason": "it crashes", "link": "https://x", "unrepaired": "meant so"}
    bug["where"] = [{"properties": ["forward"]}]
    text = upstream_bugs.page([bug], [line(), line(model="glm"), line(model="gptj", status="pass", known=None)])
    assert f"| glm, phi | {DEFAULT_RELEASE} | `forward` |" in text
    assert "gptj |" not in text


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
            folder = tmp_path / f"{release}-pristine"
            folder.mkdir()
            (folder / "phi.jsonl").write_text(text)

    return write


def test_a_release_that_was_not_judged_is_named(results):
    with pytest.raises(SystemExit, match=r"4\.48\.3 was not judged; run \./run_tests --release 4\.48\.3"):
        upstream_bugs.load_results()


def test_an_unknown_failure_is_named(results):
    results('{"release": "5.0.0", "model": "phi", "property": "far", "status": "fail", "known": null}\n')
    with pytest.raises(SystemExit, match="expected_failures.toml knows nothing of 1 failures: 5.0.0 phi far"):
        upstream_bugs.load_results()


def test_tables_are_toml():
    assert tomllib.loads(upstream_bugs.EXPECTED_FAILURES.read_text()).keys() == {"expected_failure"}
