"""What a run prints: the causes of failures, and a table of models."""

from dataclasses import dataclass

from environment import ROOT

from .causes import causes_of
from .subject import Subject, Target


_CAUSES_SHOWN = 12


@dataclass(frozen=True)
class Outcome:
    model: str
    passed: int = 0
    known: int = 0  # of those that passed, broken as expected_failures.toml says
    failed: int = 0
    skipped: int = 0
    not_applicable: int = 0  # properties
    seconds: float = 0.0
    broken: bool = False  # pytest itself could not do its work
    timed_out: bool = False  # it was ended at the time limit, so it is broken, too
    absent: bool = False  # the release has no such model
    as_before: bool = False  # nothing was run: an earlier run holds

    @property
    def status(self) -> str:
        if self.absent:
            return "absent"
        if self.broken or self.failed:
            return "FAILED"
        if self.as_before:
            return "as before"
        return "passed" if self.passed else "no tests"


def print_causes(target: Target, lines: list[dict]) -> None:
    """Why a model fails, and, of a user's own, how much it was asked."""
    causes = causes_of(lines)
    if causes:
        print(f"\n{target.name}: what breaks, by cause")
    for cause in causes[:_CAUSES_SHOWN]:
        print(f"  {cause}")
    if len(causes) > _CAUSES_SHOWN:
        print(f"  and {len(causes) - _CAUSES_SHOWN} more")
    if not target.upstream:
        left_out = {line["property"]: line["reason"] for line in lines if line["status"] == "not-applicable"}
        asked = {line["property"] for line in lines} - left_out.keys()
        print(f"\n{target.name}: {len(asked)} properties were asked; {len(left_out)} could not be")
        for name, reason in left_out.items():
            print(f"  {name}: {reason}")
        for line in lines:
            if line["property"] == "tiny_config":
                print(f"  tried first, {line['status']}: {line['reason']}")


def print_table(outcomes: list[Outcome], subject: Subject, off: list[str], strict: bool, limit: float) -> None:
    """The models' outcomes.

    Args:
        off: what is off in the expected failures; it counts as failed if `strict`.
        limit: how many seconds a model may take.
    """
    width = max(len("model"), *(len(outcome.model) for outcome in outcomes))
    columns = ("passed", "known", "failed", "skipped", "n/a", "seconds")
    print(f"\n{'model':<{width}}" + "".join(f"  {column:>7}" for column in columns))
    for one in outcomes:
        numbers = (one.passed, one.known, one.failed, one.skipped, one.not_applicable, f"{one.seconds:.1f}")
        status = "" if one.status == "passed" else f"  {one.status}"
        print(f"{one.model:<{width}}" + "".join(f"  {number:>7}" for number in numbers) + status)
    for outcome in outcomes:
        log = f"{subject.logs.relative_to(ROOT)}/{outcome.model}.log"
        if outcome.timed_out:
            print(f"{outcome.model} was ended after {limit:.0f} seconds; the end of {log} shows what it was doing")
        elif outcome.status == "FAILED":
            print(f"see {log}")
    print(
        "\nknown: cases that break as tests/models/expected_failures.toml says; n/a: properties that cannot be asked"
    )
    if any(one.as_before for one in outcomes):
        print("as before: passed, and not run again, since nothing changed; --no-cache runs it")
    for problem in off:
        print(f"{'EXPECTED' if strict else 'of these models alone'}: {problem}")
    total = {name: sum(getattr(one, name) for one in outcomes) for name in ("passed", "known", "failed", "skipped")}
    failed = total["failed"] + sum(one.broken for one in outcomes) + len(off) * strict
    print(f"\n{total['passed']} passed, {failed} failed, {total['skipped']} skipped; {total['known']} known to break")
    if not strict:
        unexplained = total["failed"] + sum(one.broken for one in outcomes)
        print(f"{subject.release} has no fork: {unexplained} unexplained failures count, and nothing else does")
