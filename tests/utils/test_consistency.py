"""In the fork as upstream, generated definitions agree with their modular source, and copies with their original."""

import pytest
from consistency import Package, inconsistencies, reached_definitions

from overlay.index import Index
from overlay.layout import DEFAULT_RELEASE, Layout


HEADER = "# This file was automatically generated from models/{0}/modular_{0}.py.\n"
ROTARY = """
class {0}PreTrainedModel: ...


class {0}Rotary:
    def table(config: {0}Config):
        n = config.n
        return arange(0, n, 2)


def turn(x):
    return -x
"""
MODULAR = """
from ..oak.modeling_oak import OakRotary, turn


class {0}PreTrainedModel: ...


class {0}Rotary(OakRotary):
"""
FILES = {
    "models/oak/modeling_oak.py": ROTARY.format("Oak"),
    "models/elm/modular_elm.py": MODULAR.format("Elm") + "    pass\n",
    "models/elm/modeling_elm.py": HEADER.format("elm") + ROTARY.format("Elm"),
    "models/fir/modular_fir.py": MODULAR.format("Fir")
    + """
    def table(config: FirConfig):
        found = super().table(config)
        return 2 * found
""",
    "models/fir/modeling_fir.py": HEADER.format("fir")
    + ROTARY.format("Fir").replace("return arange(0, n, 2)", "found = arange(0, n, 2)\n        return 2 * found"),
    "models/yew/modeling_yew.py": ROTARY.format("Yew").replace(
        "class YewRotary",
        "# Copied from transformers.models.oak.modeling_oak.OakRotary with Oak->Yew\nclass YewRotary",
    ),
}


def write(folder, files) -> Package:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return Package(folder, Index(folder / "index.json"))


def judge(tmp_path, change, reached) -> list[str]:
    """The problems that are found if the fork has `change(path, text)` instead of each file."""
    upstream = write(tmp_path / "upstream", FILES)
    fork = write(tmp_path / "fork", {path: change(path, text) for path, text in FILES.items()})
    problems, compared = inconsistencies(upstream, fork, reached)
    assert compared
    return problems


OAK = "models/oak/modeling_oak.py"
EVERYWHERE = {path: {name} for path in FILES for name in [path.split("/")[1].title() + "Rotary.table"]} | {
    "models/yew/modeling_yew.py": {"YewRotary", "YewRotary.table"}
}


def edited(text: str) -> str:
    return text.replace("arange(0, n, 2)", "arange(0, n - n % 2, 2)").replace("n = config.n\n", "n = config.width\n")


def test_an_edit_that_reached_all_copies_is_consistent(tmp_path):
    assert judge(tmp_path, lambda path, text: edited(text), EVERYWHERE) == []


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        ("models/elm/modeling_elm.py", "models/elm/modeling_elm.py::ElmRotary.table is no longer what " + OAK),
        ("models/fir/modeling_fir.py", "models/fir/modeling_fir.py::FirRotary.table is no longer what " + OAK),
        ("models/yew/modeling_yew.py", "models/yew/modeling_yew.py::YewRotary is no longer what " + OAK),
    ],
)
def test_a_definition_that_an_edit_missed_is_reported(tmp_path, left_out, message):
    problems = judge(tmp_path, lambda path, text: text if path == left_out else edited(text), EVERYWHERE)
    assert len(problems) == 1 and problems[0].startswith(message)


def test_a_copy_that_was_edited_alone_is_reported(tmp_path):
    problems = judge(
        tmp_path, lambda path, text: edited(text) if "modeling_elm" in path else text, EVERYWHERE | {OAK: set()}
    )
    assert [problem.split(" ")[0] for problem in problems] == ["models/elm/modeling_elm.py::ElmRotary.table"]


def test_a_generated_definition_without_a_source_is_reported(tmp_path):
    reached = EVERYWHERE | {"models/elm/modeling_elm.py": {"ElmUnknown.table"}}
    problems = judge(tmp_path, lambda path, text: edited(text), reached)
    assert problems == [
        "models/elm/modeling_elm.py::ElmUnknown.table is generated and edited, and has no known source"
    ]


@pytest.mark.parametrize(("generated", "consistent"), [("return 1", True), ("return 2", False), (None, False)])
def test_an_addition_is_in_the_modular_and_in_the_generated_file(tmp_path, generated, consistent):
    added = {"models/elm/modular_elm.py": "return 1", "models/elm/modeling_elm.py": generated}

    def change(path: str, text: str) -> str:
        text = edited(text)
        if not added.get(path):
            return text
        method = f"    def width(self):\n        {added[path]}\n"
        return text.replace("(OakRotary):\n    pass\n", f"(OakRotary):\n{method}").replace(
            "return arange(0, n - n % 2, 2)\n", f"return arange(0, n - n % 2, 2)\n\n{method}"
        )

    path = "models/elm/modeling_elm.py"
    problems = judge(tmp_path, change, EVERYWHERE | {path: EVERYWHERE[path] | {"ElmRotary.width"}})
    assert [problem.split(" ")[0] for problem in problems] == ([] if consistent else [f"{path}::ElmRotary.width"])


def test_the_fork_is_consistent():
    layout = Layout()
    index = Index(layout.index(DEFAULT_RELEASE))
    trees = (layout.upstream(DEFAULT_RELEASE), layout.source(DEFAULT_RELEASE))
    problems, compared = inconsistencies(
        *(Package(tree / "transformers", index) for tree in trees), reached_definitions(layout, DEFAULT_RELEASE)
    )
    assert problems == []
    assert compared > 500
