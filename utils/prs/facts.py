"""The facts of a pull request. A person writes its text from them: upstream takes no texts of programs."""

import difflib
from collections.abc import Iterable, Iterator

from overlay.edits import SeriesEntry
from overlay.survey import LostRoot

from .lines import Lines, is_generated
from .reproductions import ProgramRun, Reproduction
from .stack import Step


KEPT = "not needed"  # DEP-3's word for what stays here
LIMIT = 15  # lines by hand that a reviewer reads in one go


def obstacles(series: SeriesEntry) -> list[str]:
    """What must happen before anybody may open this pull request."""
    found = []
    if series.approved is None:
        found.append("upstream has not said that it wants this change: link its answer as `approved`")
    if series.duplicates is None:
        found.append("nobody has searched for duplicates: state date and queries as `duplicates`")
    return found


def models_of(step: Step) -> list[str]:
    return sorted({file.split("/")[1] for file in step.after if file.startswith("models/")})


def facts(step: Step, lost: Iterable[LostRoot], applies_to: str, reproduction: Reproduction | None) -> str:
    """The page of one series, in Markdown."""
    return "\n".join(_page(step, list(lost), applies_to, reproduction)) + "\n"


def _page(step: Step, lost: list[LostRoot], applies_to: str, reproduction: Reproduction | None) -> Iterator[str]:
    series, lines, models = step.series, step.lines, models_of(step)
    yield f"# {series.name}\n"
    yield f"{series.description}\n"
    if series.forwarded == KEPT:
        yield "This series stays in the fork. It is no pull request.\n"
    else:
        yield from (f"**BLOCKED**: {one}.\n" for one in obstacles(series))
    yield "| | |\n|---|---|"
    yield f"| applies to | {applies_to} |"
    yield f"| issue | {series.bug or 'none: open one first, and ask whether the change is wanted'} |"
    yield f"| approved: | {series.approved or 'no'} |"
    yield f"| duplicates | {_searched(series)} |"
    yield f"| needs | {', '.join(series.needs) or 'no other series'} |"
    yield f"| lines by hand | {lines.written}{_why(lines, series)} |"
    yield f"| lines by upstream's tools | {lines.generated} generated, {lines.copied} in `Copied from` blocks |"
    yield f"| files, models | {len(step.after)}, {len(models)} |"
    yield "\n## Reproduction\n"
    yield from (
        _reproduced(reproduction) if reproduction else ["None ran: write one, or install what this base imports."]
    )
    yield "\n## Edits\n"
    for edit in dict.fromkeys(reach.edit for reach in step.reaches):
        roots = [reach for reach in step.reaches if reach.edit is edit]
        places = ", ".join(f"`{reach.root}`" for reach in roots)
        copies = sum(len(reach.targets) for reach in roots) - len(roots)
        issue = f" ({edit.issue})" if edit.issue else ""
        yield f"* {edit.description}{issue}: {places}; {copies} copies"
    if lost:
        yield "\nDoes not apply to this base:\n"
        yield from (f"* {one.edit.description}, `{one.root}`: {one.problem}" for one in lost)
    yield "\n## What is changed by hand\n"
    yield "```diff"
    for file in sorted(step.after):
        if not is_generated(step.before[file]) and _is_root(step, file):
            yield from _difference(file, step.before[file], step.after[file])
    yield "```"
    yield "\n## Test it\n"
    if models:
        yield "Upstream's tests, in the checkout:\n"
        yield f"```sh\npython -m pytest {' '.join(f'tests/models/{one}' for one in models[:5])} -k rope\n```\n"
        yield "The conformance suite, in this repository, on upstream and on the fork:\n"
        yield f"```sh\n./run_tests --pristine {' '.join(models[:5])}\n./run_tests {' '.join(models[:5])}\n```"
    else:
        yield "```sh\npython -m pytest tests/utils/test_modeling_rope_utils.py\n```"
    yield "\n## To state in the pull request\n"
    yield "* Whether and how AI tools helped, in your own words. You answer for every line."
    yield "* Who should review it: see the list of owners in upstream's template."


def _reproduced(one: Reproduction) -> Iterator[str]:
    yield f"```python\n{one.code.rstrip()}\n```\n"
    yield f"On this base, it {_verdict(one.before)}:\n\n```text\n{one.before.output}\n```\n"
    yield f"With this series and those that it needs, it {_verdict(one.after)}:\n\n```text\n{one.after.output}\n```"
    if one.before.passed:
        yield "\nSo this base does not have the error: do not open this."
    elif not one.after.passed:
        yield "\nSo the series does not repair the error on this base: do not open this."


def _verdict(outcome: ProgramRun) -> str:
    return "passes" if outcome.passed else "fails"


def _searched(series: SeriesEntry) -> str:
    if series.duplicates is None:
        return "not searched"
    return f"searched on {series.duplicates.searched}: {'; '.join(series.duplicates.queries)}"


def _why(lines: Lines, series: SeriesEntry) -> str:
    if lines.written <= LIMIT:
        return ""
    return f", more than {LIMIT}: {series.size_reason or 'split it, or say why not as `size_reason`'}"


def size_problem(step: Step) -> str | None:
    """What is wrong with the size of a pull request, or with the reason that it gives for its size."""
    written, reason = step.lines.written, step.series.size_reason
    if step.series.forwarded == KEPT:
        return reason and "it stays in the fork, so it needs no `size_reason`"
    if written > LIMIT and not reason:
        return f"{written} lines by hand are more than {LIMIT}: split it, or say why not as `size_reason`"
    if written <= LIMIT and reason:
        return f"it has {written} lines by hand, so its `size_reason` has no more use"
    return None


def _is_root(step: Step, file: str) -> bool:
    return any(reach.root.file == file for reach in step.reaches)


def _difference(file: str, old: str, new: str) -> Iterator[str]:
    before, after = old.splitlines(), new.splitlines()
    yield from difflib.unified_diff(before, after, f"a/{file}", f"b/{file}", n=2, lineterm="")
