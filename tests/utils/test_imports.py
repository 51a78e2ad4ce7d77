"""The imports that our definitions need, in the files that they reach."""

import pytest

from overlay.imports import merge_imports


OURS = "import math\n\nfrom ...tools import turn\nfrom .configuration_elm import ElmConfig\n"
THEIRS = "import os\n\nfrom {}utils import logging\n\n\ndef f():\n    return {}\n"


def test_a_missing_import_is_added_in_order():
    merged = merge_imports(THEIRS.format("...", "turn(math.pi)"), OURS)
    assert merged.startswith(
        "import math\nimport os\n\nfrom ...tools import turn\nfrom ...utils import logging\n\n\ndef"
    )
    assert "ElmConfig" not in merged


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
