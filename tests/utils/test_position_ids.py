"""A rotation by cosines and sines of positions takes no `position_ids`; on the 4.57 line, callers may still pass them.

In 4.57.6 nearly all take `position_ids` and do not look at them. Those that read their table by position do, and keep
them.
"""

import ast
import inspect
import warnings
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path

import pytest
import torch
from environment import LINES

from overlay.layout import Layout


LAYOUT = Layout()
LINE = LINES["4.57"].release


def modules(package: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((package / "models").rglob("mod*.py")):
        text = path.read_text()
        if "apply_rotary_pos_emb" in text:
            yield path, ast.parse(text)


def rotations(module: ast.Module) -> list[ast.FunctionDef]:
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    return [node for node in functions if node.name == "apply_rotary_pos_emb"]


def looks_at(body: list[ast.stmt], name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for one in body for node in ast.walk(one))


def takes(function: ast.FunctionDef) -> bool:
    return any(argument.arg == "position_ids" for argument in function.args.args)


def idle(package: Path) -> list[str]:
    """Rotations that take `position_ids` and do not look at them."""
    return [
        f"{path.name}:{function.lineno}"
        for path, module in modules(package)
        for function in rotations(module)
        if takes(function) and not looks_at(function.body, "position_ids")
    ]


def given_in_vain(package: Path) -> list[str]:
    """Calls that give `position_ids`, or a None in their place, to a rotation of the same file that takes none."""
    found = []
    for path, module in modules(package):
        without = {function.name for function in rotations(module) if not takes(function)}
        for call in ast.walk(module):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in without:
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                if any(ast.unparse(one) in ("position_ids", "None") for one in given):
                    found.append(f"{path.name}:{call.lineno}")
    return found


def test_no_rotation_takes_position_ids_that_it_does_not_look_at():
    package = LAYOUT.source(LINE) / "transformers"
    assert not idle(package)
    assert not given_in_vain(package)


def test_upstream_of_the_older_line_has_some():
    """Else the test above would not see them."""
    assert len(idle(LAYOUT.upstream(LINE) / "transformers")) > 90


def test_calls_that_still_give_them_are_seen(tmp_path):
    (tmp_path / "models").mkdir()
    function = "def apply_rotary_pos_emb(q, cos, sin, unsqueeze_dim=1): ...\n"
    calls = "apply_rotary_pos_emb(q, cos, sin, {})\n"
    text = function + "".join(calls.format(one) for one in ("position_ids", "None", "2", "position_ids=position_ids"))
    (tmp_path / "models/modeling_x.py").write_text(text)
    assert given_in_vain(tmp_path) == ["modeling_x.py:2", "modeling_x.py:3", "modeling_x.py:5"]


@pytest.fixture(scope="module")
def rotate() -> Callable:
    """A rotation that is decorated as those of the fork are, and gives back what it was given."""
    module = ast.parse((LAYOUT.source(LINE) / "transformers/modeling_rope_utils.py").read_text())
    chosen = [node for node in module.body if getattr(node, "name", None) == "ignores_position_ids"]
    names = {"inspect": inspect, "warnings": warnings, "wraps": wraps, "Callable": Callable}
    exec(compile(ast.Module(chosen, []), "modeling_rope_utils.py", "exec"), names)

    def apply_rotary_pos_emb(q, k, cos, sin, unsqueeze_dim=1):
        return q, k, cos, sin, unsqueeze_dim

    return names["ignores_position_ids"](apply_rotary_pos_emb)


IDS = torch.arange(3)[None]


@pytest.mark.parametrize(
    ("places", "names", "unsqueeze_dim"),
    [
        ((IDS,), {}, 1),
        ((IDS, 2), {}, 2),
        ((IDS,), {"unsqueeze_dim": 2}, 2),
        ((), {"position_ids": IDS}, 1),
        ((), {"position_ids": IDS, "unsqueeze_dim": 2}, 2),
    ],
)
def test_position_ids_are_left_out_with_a_warning(rotate, places, names, unsqueeze_dim):
    with pytest.warns(FutureWarning, match="`apply_rotary_pos_emb` ignores `position_ids`.* Transformers 5 ") as seen:
        assert rotate("q", "k", "cos", "sin", *places, **names) == ("q", "k", "cos", "sin", unsqueeze_dim)
    assert [one.filename for one in seen] == [__file__]


@pytest.mark.parametrize(
    ("places", "names", "unsqueeze_dim"),
    [((), {}, 1), ((2,), {}, 2), ((None,), {}, 1), ((None, 2), {}, 2), ((), {"position_ids": None}, 1)],
)
def test_no_position_ids_are_no_reason_to_warn(rotate, places, names, unsqueeze_dim):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rotate("q", "k", "cos", "sin", *places, **names) == ("q", "k", "cos", "sin", unsqueeze_dim)


def test_what_nobody_takes_is_an_error_still(rotate):
    with pytest.warns(FutureWarning), pytest.raises(TypeError, match="apply_rotary_pos_emb"):
        rotate("q", "k", "cos", "sin", IDS, 2, 3)
    with pytest.raises(TypeError, match="apply_rotary_pos_emb"):
        rotate("q", "k", "cos", "sin", positions=IDS)
