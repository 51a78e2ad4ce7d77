"""`python -m adopt RELEASE`: what a release of upstream means for the edits; all findings at once.

It takes the release from pip, looks for every root of every edit in it, applies the edits in order, and compares what
they reach with the lock of the nearest pinned release. It also says which RoPE definitions nothing covers, and which
models are new. If every edit applies, it writes the pin of the release (with the digest of its files) and its locks;
else it writes nothing but the summary of its report in `build/adopt`.

The exit status says what is to do, by the worst finding: 0 nothing, 3 read what moved, 4 cover RoPE code or correct
exemptions and lists of models, 5 repair edits that do not apply; 1 if there is no such release.
"""

from typing import Annotated

import typer
from packaging.version import InvalidVersion, Version

from discovery.coverage import covered
from overlay import lockfile
from overlay.build import only_one_build
from overlay.checks import check_result
from overlay.errors import OverlayError, run
from overlay.index import Index
from overlay.layout import Layout
from overlay.survey import Survey, survey
from overlay.take import take
from overlay.upstream import Pin, find_pin, nearest_release

from . import pin as pins
from .coverage import coverage_findings
from .report import Status, details, status_of, summary
from .roots import root_findings


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__.partition("\n")[0])
def main(release: Annotated[str, typer.Argument(help="The upstream release.")]) -> None:
    try:
        release = str(Version(release))
    except InvalidVersion as error:
        raise OverlayError(
            f"{release!r} is no release", way_out="write one such as `make adopt RELEASE=5.0.0`"
        ) from error
    layout = Layout()
    with only_one_build(layout):
        status = adopt(layout, release)
    raise typer.Exit(status)


def adopt(layout: Layout, release: str) -> Status:
    """Print what the release means, and write its pin and locks if every edit applies.

    Raises:
        OverlayError: pip has no such release, or what edits make of it is wrong.
    """
    nearest = find_pin(layout, nearest_release(layout, release))
    line = layout.line(nearest.release).name
    pin = Pin(release, take(layout, release), nearest.layers)
    take(layout, nearest.release)
    new, old = (_survey(layout, one, release) for one in (pin, nearest))
    lock = lockfile.describe(new.reaches, new.edited.counts)
    roots = root_findings(new, old)
    coverage = coverage_findings(layout, release, line, new, old, lock)
    new.tree.index.save()
    told = summary(release, nearest.release, roots, coverage)
    layout.adoption(release).write_text("\n".join(told) + "\n")
    print("\n".join([*details(roots, coverage), "", *told]), flush=True)
    status = status_of(roots, coverage)
    if status is Status.REPAIR:
        print("nothing is written: repair the edits, then run this again")
        return status
    check_result(new.reaches, new.edited, new.tree, release)
    written = pins.write(layout, pin, line, lock, covered(coverage.explanations))
    print(f"wrote {', '.join(written)}")
    return status


def _survey(layout: Layout, pin: Pin, adopted: str) -> Survey:
    """Its index is apart from that of builds, which keeps nothing of searches."""
    layout.adoption(pin.release).parent.mkdir(parents=True, exist_ok=True)
    return survey(layout, pin, Index(layout.adoption(pin.release).with_suffix(".json")), adopted)


if __name__ == "__main__":
    run(app)
