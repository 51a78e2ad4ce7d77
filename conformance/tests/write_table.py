"""Writes docs/properties.md, the table of all properties, from the checks and the controls: run this file.

A test fails if the table and the code do not agree.
"""

from pathlib import Path

import wrong_axials
import wrong_masks
import wrong_multimodals

import wrong_ropes
from transformers_conformance import masks, rope  # noqa: F401, importing a topic makes it known
from transformers_conformance.core.property import Property, named_topics


CAUGHT_BY = {name: control.by for name, control in wrong_ropes.CONTROLS.items()}
for controls in (wrong_axials.CONTROLS, wrong_multimodals.CONTROLS, wrong_masks.CONTROLS):
    for name, (_, by) in controls.items():
        CAUGHT_BY[name] = CAUGHT_BY.get(name, set()) | by
FILE = Path(__file__).resolve().parents[2] / "docs" / "properties.md"

HEAD = """# Properties

The properties that the conformance suite checks, sorted by rule. For each property, the table names the wrong models
of the suite's own tests (`conformance/tests/wrong_ropes.py`, `wrong_axials.py`, `wrong_multimodals.py`,
`wrong_masks.py`) that the property catches. `python conformance/tests/write_table.py` writes this file. Properties
named `coordinate_...` are for rotations by coordinates, on several axes or counted by the model itself. Properties
named `axes_...` are for whole models that compute positions of images, videos and text on several axes. Rules M1 to
M10 are about attention masks.

| property | rule | what holds | wrong models that it catches |
|---|---|---|---|
"""


def table() -> str:
    """The whole file: one row per property, sorted by rule and then by name."""
    ordered = sorted(
        (prop for topic in named_topics() for prop in topic.properties.values()),
        # R before M, and M10 after M9
        key=lambda prop: (prop.rule[0] != "R", int(prop.rule[1:]), prop.name),
    )
    return HEAD + "".join(row(prop) for prop in ordered)


def row(prop: Property) -> str:
    caught = [name for name, by in CAUGHT_BY.items() if prop.name in by]
    summary = prop.summary.replace("|", "\\|")
    return f"| `{prop.name}` | {prop.rule} | {summary} | {', '.join(sorted(caught))} |\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(table())
