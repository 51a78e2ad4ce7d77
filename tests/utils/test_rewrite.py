import textwrap

import pytest

from overlay.build import read_overlay
from overlay.layout import Layout
from overlay.rewrite import apply_rule
from overlay.upstream import known_releases


FUNCTION = """\
    def f(dim, dtype):
        x = torch.arange(0, dim, 2, dtype=dtype, device=None)
        return x
"""


def test_a_fix_keeps_the_margin_and_what_the_rule_matched():
    rule = {"pattern": "x = torch.arange(0, $WIDTH, 2, $$$REST)"}
    new, times = apply_rule(FUNCTION, rule, None, "if $WIDTH:\n    x = f($WIDTH, $$$REST)\n")
    assert times == 1
    assert new == FUNCTION.replace(
        "        x = torch.arange(0, dim, 2, dtype=dtype, device=None)\n",
        "        if dim:\n            x = f(dim, dtype=dtype, device=None)\n",
    )


def test_the_lines_of_a_fix_are_indented_as_the_line_of_the_match():
    rule = {"pattern": "torch.arange(0, $WIDTH, 2, $$$REST)"}
    new, _ = apply_rule(FUNCTION, rule, None, "table(\n    $WIDTH\n)\n")
    assert "\n        x = table(\n            dim\n        )\n        return x\n" in new


def test_constraints_narrow_a_rule():
    rule = {"pattern": "torch.arange(0, $WIDTH, 2, $$$REST)"}
    assert apply_rule(FUNCTION, rule, {"WIDTH": {"regex": "^n$"}}, "")[1] == 0
    assert apply_rule(FUNCTION, rule, {"WIDTH": {"regex": "^dim$"}}, "y")[1] == 1


def test_an_empty_fix_removes_whole_lines():
    text = "def f(x):\n    if x:\n        return 1\n    elif not x:\n        return 2\n    return 3\n"
    new, times = apply_rule(text, {"kind": "elif_clause"}, None, "")
    assert (new, times) == ("def f(x):\n    if x:\n        return 1\n    return 3\n", 1)


def test_no_match_changes_nothing():
    assert apply_rule(FUNCTION, {"pattern": "nothing"}, None, "x") == (FUNCTION, 0)


OVERLAYS = [read_overlay(Layout(), release) for release in known_releases(Layout()).values()]
REWRITES = list({edit.label: edit for overlay in OVERLAYS for edit in overlay.edits if edit.rule}.values())
# Code that no rule of the overlay may change, and code that rules have already written.
NEAR_MISSES = textwrap.dedent(
    """\
    def f(config, dim, other_dim, sin, cos):
        a = torch.arange(0, other_dim, 2, dtype=torch.float)
        b = torch.arange(1, dim, 2, dtype=torch.float)
        c = torch.arange(0, dim - dim % 2, 2, dtype=torch.float)
        dim = config.relation_bias_embed_dim
        cos = cos.unsqueeze(1)
        base = base * scale ** (dim / (dim - 1))
        head_width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        sin, cos = torch.split(x, 2, dim=-1)
        half, second_half = torch.chunk(x, 2, dim=-1)
        return min(config.rotary_dim, 3), config.rope_parameters.get("factor", True)
    """
)


@pytest.mark.parametrize("edit", REWRITES, ids=lambda edit: edit.label)
def test_every_rule_of_the_overlay_leaves_near_misses_alone(edit):
    assert apply_rule(NEAR_MISSES, edit.rule, edit.constraints, edit.fix) == (NEAR_MISSES, 0)
