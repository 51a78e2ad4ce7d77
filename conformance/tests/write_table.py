"""Writes docs/properties.md, the table of all properties, from the checks and the controls: run this file.

The suite fails while the table says anything else than they do.
"""

from pathlib import Path

import wrong_multimodals
import wrong_towers

import wrong_ropes
from transformers_conformance.rope import COORDINATE_PROPERTIES, PROPERTIES, SEVERAL_AXES_PROPERTIES, Property


CAUGHT_BY = {name: control.by for name, control in wrong_ropes.CONTROLS.items()}
for controls in (wrong_towers.CONTROLS, wrong_multimodals.CONTROLS):
    for name, (_, by) in controls.items():
        CAUGHT_BY[name] = CAUGHT_BY.get(name, set()) | by
FILE = Path(__file__).resolve().parents[2] / "docs" / "properties.md"

HEAD = """# Properties

What the conformance suite asks of a model, by the rule of the contract, and every wrong model of its own tests
(`conformance/tests/wrong_ropes.py`, `wrong_towers.py`, `wrong_multimodals.py`) that each property catches. Made by
`python conformance/tests/write_table.py`. Those named `coordinate_...` are asked of rotations by coordinates, on
several axes or counted by the model itself. Those named `axes_...` are asked of whole models that count positions of
images, videos and text on several axes.

| property | rule | what holds | wrong models that it catches |
|---|---|---|---|
"""


def table() -> str:
    """The whole file: a row a property, by rule and then by name."""
    ordered = sorted(
        (PROPERTIES | COORDINATE_PROPERTIES | SEVERAL_AXES_PROPERTIES).values(),
        key=lambda prop: (prop.rule, prop.name),
    )
    return HEAD + "".join(row(prop) for prop in ordered)


def row(prop: Property) -> str:
    caught = [name for name, by in CAUGHT_BY.items() if prop.name in by]
    return f"| `{prop.name}` | {prop.rule} | {summary(prop)} | {', '.join(sorted(caught))} |\n"


def summary(prop: Property) -> str:
    """The first line of the check's docstring, without its full stop."""
    return prop.check.__doc__.partition("\n")[0].rstrip(".").replace("|", "\\|")


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(table())
