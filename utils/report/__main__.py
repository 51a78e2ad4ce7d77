"""Writes build/report/index.html and build/report/data.json from build/results."""

import json

from overlay.layout import DEFAULT_RELEASE, Layout

from .lineage import Lineages
from .page import render
from .results import load_meanings, load_runs
from .summary import summarize


def main(layout: Layout) -> None:
    lineages = Lineages(layout.upstream(DEFAULT_RELEASE) / "transformers" / "models")
    runs = load_runs(layout.build / "results", DEFAULT_RELEASE)
    data = summarize(runs, lineages.of, load_meanings(layout.root / "docs" / "properties.md"))
    home = layout.build / "report"
    home.mkdir(parents=True, exist_ok=True)
    for name, text in (("data.json", json.dumps(data)), ("index.html", render(data))):
        (home / name).write_text(text)
        print(f"wrote {(home / name).relative_to(layout.root)} ({len(text) / 2**20:.1f} MiB)")


if __name__ == "__main__":
    main(Layout())
