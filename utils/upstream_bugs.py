"""Writes docs/upstream_bugs.md: what fails on upstream's releases, and which edit of ours repairs it.

The page joins two sources. tests/models/expected_failures.toml says what is known. build/results, which
`./run_tests --pristine` and `./run_tests --release X` write, says what fails. Standard library only.
"""

import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from overlay.layout import DEFAULT_RELEASE


ROOT = Path(__file__).resolve().parents[1]
EXPECTED_FAILURES = ROOT / "tests" / "models" / "expected_failures.toml"
RESULTS = ROOT / "build" / "results"
PAGE = ROOT / "docs" / "upstream_bugs.md"
# The releases on the page, oldest first. The fork is built from the last one.
RELEASES = ("4.48.3", "4.57.6", "5.0.0", "5.17.0", DEFAULT_RELEASE)

HEAD = """# What fails on upstream

Every failure of the conformance suite on pristine releases of Transformers, for the models in `models_changed.txt`, on
4.57.6 for those in `lines/4.57/models_changed.txt`, on other releases for those in `lines/models_sampled.txt`, by its
cause. Made by `make bugs` from `tests/models/expected_failures.toml` and from what these commands find:

"""


def main() -> None:
    PAGE.write_text(page(load_expected_failures(), load_results()))
    print(f"wrote {PAGE.relative_to(ROOT)}")


def load_expected_failures() -> list[dict]:
    return tomllib.loads(EXPECTED_FAILURES.read_text())["expected_failure"]


def load_results() -> list[dict]:
    """The results of all releases.

    Raises:
        SystemExit: a release was not judged, or there is a failure that no expected failure covers.
    """
    lines = []
    for release in RELEASES:
        files = sorted((RESULTS / f"{release}-pristine").glob("*.jsonl"))
        if not files:
            sys.exit(f"error: {release} was not judged; run {command(release)}")
        lines += [json.loads(line) for file in files for line in file.read_text().splitlines()]
    unknown = {(x["release"], x["model"], x["property"]) for x in lines if broken(x) and x["known"] is None}
    if unknown:
        named = "; ".join(" ".join(place) for place in sorted(unknown)[:10])
        sys.exit(f"error: {EXPECTED_FAILURES.name} knows nothing of {len(unknown)} failures: {named}")
    return lines


def command(release: str) -> str:
    return "./run_tests --pristine" if release == RELEASES[-1] else f"./run_tests --release {release}"


def broken(line: dict) -> bool:
    return line["status"] not in ("pass", "not-applicable")


def page(exceptions: list[dict], results: list[dict]) -> str:
    """The whole page: a table of the releases, then a section for each bug."""
    parts = [HEAD, "| release | command | model types | cases | pass | fail |\n|---|---|---|---|---|---|\n"]
    for release in RELEASES:
        found = [x for x in results if x["release"] == release and x["status"] != "not-applicable"]
        models, failed = len({x["model"] for x in found}), sum(map(broken, found))
        row = (release, f"`{command(release)}`", models, len(found), len(found) - failed, failed)
        parts.append(f"| {' | '.join(map(str, row))} |\n")
    by_reason = defaultdict(list)
    for line in filter(broken, results):
        by_reason[line["known"]].append(line)
    parts += [section(exception, by_reason[exception["reason"]]) for exception in exceptions]
    return "".join(parts)


def section(exception: dict, found: list[dict]) -> str:
    text = f"\n## {exception['bug']}\n\n{sentence(exception['reason'])} See <{exception['link']}>.\n\n"
    text += "| model | releases | properties |\n|---|---|---|\n"
    for (releases, properties), models in grouped(found).items():
        text += f"| {', '.join(models)} | {', '.join(releases)} | {', '.join(f'`{name}`' for name in properties)} |\n"
    if found:
        text += f"\n{reproduction(found)}"
    if "repaired_by" in exception:
        return text + "\nRepaired by: " + "; ".join(exception["repaired_by"]) + ".\n"
    return text + f"\nNot repaired: {exception['unrepaired']}.\n"


def grouped(found: Iterable[dict]) -> dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]]:
    """Groups models that fail in the same way: the models, by their releases and properties."""
    releases, properties = defaultdict(set), defaultdict(set)
    for line in found:
        releases[line["model"]].add(line["release"])
        properties[line["model"]].add(line["property"])
    groups = defaultdict(list)
    for model in sorted(releases):
        ordered = tuple(release for release in RELEASES if release in releases[model])
        groups[ordered, tuple(sorted(properties[model]))].append(model)
    return groups


def reproduction(found: list[dict]) -> str:
    """Shows the smallest case on the newest release: the expected value, the found value, and a snippet for it."""

    def size(line: dict) -> tuple:
        numbers = [line["case"].get(name, 0) for name in ("head_dim", "n")]
        return -RELEASES.index(line["release"]), *numbers, len(line["reason"]), line["model"]

    smallest = min(found, key=size)
    said, _, snippet = smallest["reason"].partition("To see it again:\n")
    told = "\n".join(line for line in said.splitlines() if not line.startswith("  config:"))
    code = "\n".join(line.removeprefix("  ") for line in snippet.splitlines())
    return f"On {smallest['release']}:\n\n```text\n{told}\n```\n\n```python\n{code}\n```\n"


def sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


if __name__ == "__main__":
    main()
