"""Writes build/report/index.html and build/report/data.json from build/results."""

import json

from overlay.layout import DEFAULT_RELEASE, Layout

from .lineage import Lineages
from .page import render
from .results import load_runs
from .summary import summarize


def main(layout: Layout, meanings: dict[str, str]) -> None:
    """Writes both files from the results of a checkout.

    Args:
        meanings: what each property requires, by its name.
    """
    lineages = Lineages(layout.upstream(DEFAULT_RELEASE) / "transformers" / "models")
    runs = load_runs(layout.build / "results", DEFAULT_RELEASE)
    data = summarize(runs, lineages.of, meanings)
    home = layout.build / "report"
    home.mkdir(parents=True, exist_ok=True)
    for name, text in (("data.json", json.dumps(data)), ("index.html", render(data))):
        (home / name).write_text(text)
        print(f"wrote {(home / name).relative_to(layout.root)} ({len(text) / 2**20:.1f} MiB)")


def property_meanings() -> dict[str, str]:
    """What each property of the suite requires, by its name."""
    from transformers_conformance import masks, rope  # noqa: F401, importing a topic makes it known
    from transformers_conformance.core.property import named_topics

    return {name: prop.summary for topic in named_topics() for name, prop in topic.properties.items()}


if __name__ == "__main__":
    main(Layout(), property_meanings())
