"""The imports that our definitions need, in the files that they reach."""

import ast
import re
import sys

import pytest

from overlay.imports import merge_imports, used_names
from overlay.layout import DEFAULT_RELEASE, Layout
from overlay.upstream import PACKAGE


LAYOUT = Layout()
OURS_FOR_ALL = sorted(
    path.relative_to(LAYOUT.layer("src") / PACKAGE) for path in (LAYOUT.layer("src") / PACKAGE).rglob("*.py")
)
OURS = "import math\n\nfrom ...tools import turn\nfrom .configuration_elm import ElmConfig\n"
THEIRS = "import os\n\nfrom {}utils import logging\n\n\ndef f():\n    return {}\n"


def test_a_missing_import_is_added_in_order():
    merged = merge_imports(THEIRS.format("...", "turn(math.pi)"), OURS)
    assert merged.startswith(
        "import math\nimport os\n\nfrom ...tools import turn\nfrom ...utils import logging\n\n\ndef"
    )
    assert "ElmConfig" not in merged


@pytest.mark.parametrize("code", ["x  # turn", "x.turn", "f(turn=x)", "'turn'"])
def test_a_word_that_is_no_name_needs_no_import(code):
    text = THEIRS.format("...", code)
    assert merge_imports(text, OURS) == text


def test_a_name_in_an_annotation_that_is_a_string_needs_one():
    assert "from ...tools import turn\n" in merge_imports("def f(x: 'turn | None'):\n    return x\n", OURS)


def test_an_existing_import_does_not_change():
    text = "from elsewhere import turn\n" + THEIRS.format("...", "turn(1)")
    assert merge_imports(text, OURS) == text


@pytest.mark.parametrize(("levels", "dots"), [(1, "...."), (0, "..."), (-1, "..")])
def test_relative_imports_of_a_deeper_file_have_more_dots(levels, dots):
    merged = merge_imports(THEIRS.format(dots, "turn(ElmConfig)"), OURS, levels)
    assert f"from {dots}tools import turn\nfrom {dots}utils import logging\n" in merged
    assert "from .configuration_elm import ElmConfig\n" in merged


@pytest.mark.parametrize("docstring", ['"""What it is."""\n', ""])
def test_a_file_without_imports_gets_its_first_below_its_docstring(docstring):
    licence, function = "# A licence.\n", "def f():\n    return turn(1)\n"
    gap = "\n\n" if docstring else ""
    merged = merge_imports(f"{licence}{docstring}{gap}{function}", "from elsewhere import turn\n")
    start = f"{docstring}\n" if docstring else ""
    assert merged == f"{licence}{start}from elsewhere import turn\n\n\n{function}"


def imports_of_the_library(text: str) -> set[str]:
    """The names that a file has from Python's standard library."""
    nodes = [node for node in ast.parse(text).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    pairs = [
        (getattr(node, "module", None) or one.name, one.asname or one.name) for node in nodes for one in node.names
    ]
    return {name for module, name in pairs if module.split(".")[0] in sys.stdlib_module_names}


@pytest.mark.parametrize("file", OURS_FOR_ALL, ids=str)
def test_our_files_import_what_they_use_of_the_standard_library(file):
    """Another release may not import it: upstream's file of another commit is to import as well."""
    text, theirs = (
        (LAYOUT.layer("src") / PACKAGE / file).read_text(),
        LAYOUT.upstream(DEFAULT_RELEASE) / PACKAGE / file,
    )
    if theirs.exists():
        wanted = imports_of_the_library(theirs.read_text()) - {"annotations"}
        assert wanted & set(used_names(text)) <= {name for name in wanted if re.search(rf"import .*\b{name}\b", text)}
