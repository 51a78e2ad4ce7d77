"""Edits on real files of upstream: what they reach, what they leave, and how they fail."""

import ast

import pytest

from overlay import lockfile
from overlay.build import build, read_overlay
from overlay.errors import OverlayError
from overlay.index import Index
from overlay.survey import survey
from overlay.upstream import find_pin


SPLIT = """\
- definition: apply_rotary_pos_emb
  series: odd-rotary-dims
  description: a test
  issue: 35233
"""
OURS = """\
def apply_rotary_pos_emb(q, k, cos, sin, unsqueeze_dim=1):
    # ours
    return q, k
"""


def build_with(checkout, file: str, entries: str, code: str | None = None) -> None:
    checkout.overlay(file, entries, code)
    checkout.lock()
    build(checkout.layout, checkout.release)


def test_copies_follow_their_root_and_keep_their_decorators_and_docstrings(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT, OURS)
    for model in ("llama", "mistral"):
        file = f"models/{model}/modeling_{model}.py"
        before, after = (checkout.pristine / file).read_text(), checkout.read(file)
        start = before.index("@use_kernel_forward_from_hub")
        body = before.index("    cos = cos.unsqueeze", start)
        end = before.index("return q_embed, k_embed\n", start) + len("return q_embed, k_embed\n")
        assert after == before[:body] + "    # ours\n    return q, k\n" + before[end:]


def test_a_definition_that_differs_from_the_root_is_no_copy(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT, OURS)
    for file in ("models/gpt_neox/modeling_gpt_neox.py", "models/bert/modeling_bert.py", "py.typed"):
        assert checkout.read(file) == (checkout.pristine / file).read_text()


def test_generated_files_follow_their_modular_file(checkout):
    entries = SPLIT.replace("a test", "modular")
    build_with(checkout, "models/gpt_neox/modular_gpt_neox.py", entries, OURS)
    for file in ("modular_gpt_neox.py", "modeling_gpt_neox.py"):
        assert "    # ours\n    return q, k\n" in checkout.read(f"models/gpt_neox/{file}")


def test_the_prefix_of_the_model_is_renamed_in_a_copy(checkout):
    entries = """\
    - definition: LlamaRMSNorm.extra_repr
      series: odd-rotary-dims
      description: a test
      issue: 35233
    """
    code = '''\
    class LlamaRMSNorm:
        def extra_repr(self):
            """Ours."""
            return f"{LlamaConfig.__name__}"
    '''
    build_with(checkout, "models/llama/modeling_llama.py", entries, code)
    assert 'return f"{LlamaConfig.__name__}"' in checkout.read("models/llama/modeling_llama.py")
    mistral = checkout.read("models/mistral/modeling_mistral.py")
    assert 'def extra_repr(self):\n        """Ours."""\n        return f"{MistralConfig.__name__}"\n' in mistral


EXTRA_ROOTS = """\
  extra_roots:
    - models/gpt_neox/modular_gpt_neox.py::apply_rotary_pos_emb
"""


def test_one_definition_serves_several_roots_and_the_copies_of_each(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT + EXTRA_ROOTS, OURS)
    for file in (
        "llama/modeling_llama",
        "mistral/modeling_mistral",
        "gpt_neox/modular_gpt_neox",
        "gpt_neox/modeling_gpt_neox",
    ):
        before, after = ((tree / f"models/{file}.py").read_text() for tree in (checkout.pristine, checkout.package))
        start = before.index("def apply_rotary_pos_emb")
        body = before.index("    cos = cos.unsqueeze", start)
        end = before.index("return q_embed, k_embed\n", start) + len("return q_embed, k_embed\n")
        assert after == before[:body] + "    # ours\n    return q, k\n" + before[end:], "header and docstring stay"


def test_a_copy_of_a_further_root_keeps_its_name_and_its_models_prefix(checkout):
    entries = """\
    - rewrite: LlamaRotaryEmbedding.compute_default_rope_parameters
      series: odd-rotary-dims
      description: a prefix to rename
      issue: 35233
      rule: {pattern: "torch.arange(0, dim, 2, $$$DTYPE)"}
      fix: torch.arange(0, LlamaConfig.width, 2, $$$DTYPE)
      extra_roots:
        - models/gpt_neox/modular_gpt_neox.py::GPTNeoXRotaryEmbedding.compute_default_rope_parameters
    - definition: rotate_half
      series: odd-rotary-dims
      description: a name to keep, though the signature changes
      issue: 35233
      extra_roots:
        - repeat_kv
    """
    code = "def rotate_half(x, sign=1):\n    return sign * x\n"
    build_with(checkout, "models/llama/modeling_llama.py", entries, code)
    for model, prefix in (("mistral", "Mistral"), ("gpt_neox", "GPTNeoX")):
        assert f"torch.arange(0, {prefix}Config.width, 2" in checkout.read(f"models/{model}/modeling_{model}.py")
    for name in ("rotate_half", "repeat_kv"):
        assert checkout.read("models/mistral/modeling_mistral.py").count(f"def {name}(x, sign=1):") == 1


@pytest.mark.parametrize(
    ("extra_roots", "problem"),
    [
        (
            EXTRA_ROOTS.replace("modular_gpt_neox", "modular_gone"),
            "upstream has no such file\n  file: .*modular_gone.py",
        ),
        (
            EXTRA_ROOTS.replace("::apply", "::gone_apply"),
            "upstream has no such definition\n.*\n  definition: gone_apply",
        ),
        (
            EXTRA_ROOTS.replace("gpt_neox/modular_gpt_neox", "mistral/modeling_mistral"),
            "reached from two roots: .*modeling_llama.py::apply_rotary_pos_emb and .*modeling_mistral.py::apply",
        ),
        (EXTRA_ROOTS.replace("models/gpt_neox/modular_gpt_neox.py::", ""), "reached from two roots: "),
    ],
)
def test_a_further_root_that_is_wrong_is_named(checkout, extra_roots, problem):
    with pytest.raises(OverlayError, match=problem) as caught:
        build_with(checkout, "models/llama/modeling_llama.py", SPLIT + extra_roots, OURS)
    assert checkout.release in str(caught.value)


def test_a_further_root_that_drifted_stops_against_the_lock(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT + EXTRA_ROOTS, OURS)
    for kind in ("modular", "modeling"):
        path = checkout.pristine / f"models/gpt_neox/{kind}_gpt_neox.py"
        path.write_text(path.read_text().replace("return q_embed, k_embed", "return (k_embed, q_embed)[::-1]"))
    checkout.pin()
    with pytest.raises(OverlayError, match="models/gpt_neox/modular_gpt_neox.py.*: .*not the one that was locked"):
        build(checkout.layout, checkout.release)


def test_a_changed_signature_replaces_the_header(checkout):
    code = OURS.replace("unsqueeze_dim=1", "unsqueeze_dim=2")
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT, code)
    assert "def apply_rotary_pos_emb(q, k, cos, sin, unsqueeze_dim=2):" in checkout.read(
        "models/mistral/modeling_mistral.py"
    )


def test_additions_go_where_our_file_has_them_and_bring_their_imports(checkout):
    entries = """\
    - addition: whole_pairs
      series: odd-rotary-dims
      description: a function before the one that follows it
      issue: 35233
    - definition: rotate_half
      series: odd-rotary-dims
      description: its neighbour
      issue: 35233
    - addition: LlamaRotaryEmbedding.width
      series: odd-rotary-dims
      description: a method at the end of its class
      issue: 35233
    """
    code = """\
    import math
    from typing import Any

    from ...cache_utils import StaticCache


    def whole_pairs(n: Any) -> int:
        return 2 * math.floor(n / 2)


    def rotate_half(x):
        return x


    class LlamaRotaryEmbedding:
        def width(self, cache: StaticCache):
            return whole_pairs(self.inv_freq.numel())
    """
    build_with(checkout, "models/llama/modeling_llama.py", entries, code)
    text = checkout.read("models/llama/modeling_llama.py")
    names = [node.name for node in ast.parse(text).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    assert names.index("whole_pairs") == names.index("rotate_half") - 1
    assert text.index("def width(self") < text.index("def whole_pairs")
    assert text.count("import math\n") == 1
    assert "from ...cache_utils import Cache, DynamicCache, StaticCache\n" in text
    assert "from typing import Any\n" in text
    assert "math" not in checkout.read("models/mistral/modeling_mistral.py"), "a copy imports only what it uses"


def test_an_addition_to_a_modular_class_reaches_the_class_generated_from_it(checkout):
    entries = """\
    - addition: GPTNeoXRotaryEmbedding.width
      series: odd-rotary-dims
      description: a method at the end of its class
      issue: 35233
    """
    code = """\
    from typing import SupportsFloat


    class GPTNeoXRotaryEmbedding:
        def width(self) -> SupportsFloat:
            return self.inv_freq.numel()
    """
    build_with(checkout, "models/gpt_neox/modular_gpt_neox.py", entries, code)
    for file in ("modular_gpt_neox.py", "modeling_gpt_neox.py"):
        text = checkout.read(f"models/gpt_neox/{file}")
        classes = {node.name: ast.unparse(node) for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
        assert "return self.inv_freq.numel()" in classes["GPTNeoXRotaryEmbedding"], file
        assert text.count("def width(self)") == 1 and "SupportsFloat" in text.split("class ")[0]


def test_two_edits_of_one_definition_and_one_of_its_class_meet(checkout):
    entries = """\
    - rewrite: LlamaRotaryEmbedding
      series: odd-rotary-dims
      description: of the class
      issue: 35233
      rule: {pattern: "cos = emb.cos() * self.attention_scaling"}
      fix: |
        cos = emb.cos()
        cos = cos * self.attention_scaling
    - rewrite: LlamaRotaryEmbedding.forward
      series: odd-rotary-dims
      description: of its method
      issue: 35233
      rule: {pattern: "emb = torch.cat((freqs, freqs), dim=-1)"}
      fix: |
        # a line more
        emb = freqs.repeat(1, 1, 2)
    - rewrite: LlamaRotaryEmbedding.forward
      series: odd-rotary-dims
      description: of its method too
      issue: 35233
      rule: {pattern: sin = emb.sin() * self.attention_scaling}
      fix: sin = self.attention_scaling * emb.sin()
    """
    build_with(checkout, "models/llama/modeling_llama.py", entries)
    text = checkout.read("models/llama/modeling_llama.py")
    for line in ("# a line more", "cos = cos * self.attention_scaling", "sin = self.attention_scaling * emb.sin()"):
        assert text.count(line) == 1
    ast.parse(text)
    assert "# a line more" in checkout.read("models/gpt_neox/modeling_gpt_neox.py")


def test_a_count_that_is_off_stops_the_build(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT, OURS)
    lock = lockfile.read(checkout.layout, checkout.release)
    (key,) = lock
    lockfile.write(checkout.layout, checkout.release, {key: lock[key] | {"matches": 3}})
    checkout.overlay("models/llama/modeling_llama.py", SPLIT, OURS + "    # later\n")
    before = checkout.read("models/llama/modeling_llama.py")
    with pytest.raises(OverlayError, match="applies 2 times, not 3") as caught:
        build(checkout.layout, checkout.release)
    for name in ("models/llama/modeling_llama.py::apply_rotary_pos_emb (a test)", "make relock", checkout.release):
        assert name in str(caught.value)
    assert checkout.read("models/llama/modeling_llama.py") == before


def test_an_edit_that_does_not_apply_stops_the_build(checkout):
    entries = """\
    - rewrite: LlamaRotaryEmbedding.forward
      series: odd-rotary-dims
      description: finds nothing
      issue: 35233
      rule: {pattern: emb.tan()}
      fix: emb
    """
    with pytest.raises(OverlayError, match="do not apply to a definition that they are for") as caught:
        build_with(checkout, "models/llama/modeling_llama.py", entries)
    for name in ("LlamaRotaryEmbedding.forward (finds nothing)", "modeling_llama.yml", checkout.release):
        assert name in str(caught.value)
    assert not checkout.package.exists()


def test_a_rule_that_matches_its_own_result_stops_the_build(checkout):
    entries = """\
    - rewrite: LlamaRotaryEmbedding.forward
      series: odd-rotary-dims
      description: grows for ever
      issue: 35233
      rule: {pattern: emb.sin()}
      fix: emb.sin().abs()
    """
    with pytest.raises(OverlayError, match="applied to its own result") as caught:
        build_with(checkout, "models/llama/modeling_llama.py", entries)
    assert "LlamaRotaryEmbedding.forward" in str(caught.value)


@pytest.mark.parametrize(
    ("file", "entry", "problem"),
    [
        ("models/llama/modeling_gone.py", "definition: f", "upstream has no such file"),
        ("models/llama/modeling_llama.py", "definition: f", "upstream has no such definition"),
        ("models/llama/modeling_llama.py", "addition: rotate_half", "upstream has a definition of that name"),
    ],
)
def test_an_anchor_that_upstream_moved_is_named(checkout, file, entry, problem):
    code = f"def {entry.split(': ')[1]}(x):\n    return x\n"
    entries = f"- {{{entry}, series: odd-rotary-dims, description: d, issue: 1}}"
    with pytest.raises(OverlayError, match=problem) as caught:
        build_with(checkout, file, entries, code)
    message = str(caught.value)
    assert file in message
    assert checkout.release in message
    assert "what to do:" in message


def test_an_upstream_that_drifted_stops_against_the_lock(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT, OURS)
    before = checkout.read("models/mistral/modeling_mistral.py")
    for model in ("llama", "mistral"):
        path = checkout.pristine / f"models/{model}/modeling_{model}.py"
        path.write_text(path.read_text().replace("q_embed = (q * cos)", "q_embed = (cos * q)"))
    checkout.pin()
    with pytest.raises(OverlayError, match="not the one that was locked") as caught:
        build(checkout.layout, checkout.release)
    for name in ("models/llama/modeling_llama.py", "apply_rotary_pos_emb", "a test", checkout.release, "make relock"):
        assert name in str(caught.value)
    assert checkout.read("models/mistral/modeling_mistral.py") == before, "the old build still works"


def test_a_copy_that_left_stops_against_the_count_and_relock_names_it(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT, OURS)
    path = checkout.pristine / "models/mistral/modeling_mistral.py"
    path.write_text(path.read_text().replace("q_embed = (q * cos)", "q_embed = (cos * q)"))
    checkout.pin()
    gone = "-models/mistral/modeling_mistral.py::apply_rotary_pos_emb"
    with pytest.raises(OverlayError, match=f"applies 1 times, not 2; {gone}"):
        build(checkout.layout, checkout.release)
    before = lockfile.read(checkout.layout, checkout.release)
    checkout.lock()
    after = lockfile.read(checkout.layout, checkout.release)
    (key,) = before
    assert lockfile.moves(before[key], after[key]) == ["applies 1 times, not 2", gone]


def test_a_survey_names_all_roots_that_a_release_lacks(checkout):
    """A build stops at the first."""
    checkout.overlay("models/llama/modeling_gone.py", SPLIT, OURS)
    entries = (
        SPLIT
        + """\
  extra_roots:
    - gone_apply
    - models/mistral/modeling_mistral.py::apply_rotary_pos_emb
- addition: rotate_half
  series: odd-rotary-dims
  description: upstream has it
  issue: 1
- addition: LlamaGone.width
  series: odd-rotary-dims
  description: upstream lacks its class
  issue: 1
- rewrite: LlamaRotaryEmbedding.forward
  series: odd-rotary-dims
  description: finds nothing
  issue: 1
  rule: {pattern: emb.tan()}
  fix: emb
"""
    )
    code = OURS + "\n\ndef rotate_half(x): ...\n\n\nclass LlamaGone:\n    def width(self): ...\n"
    checkout.overlay("models/llama/modeling_llama.py", entries, code)
    pin, llama = find_pin(checkout.layout, checkout.release), "models/llama/modeling_llama.py"
    found = survey(checkout.layout, pin, Index(checkout.layout.index(checkout.release)))
    assert [reach.key for reach in found.reaches] == [f"{llama}::apply_rotary_pos_emb::a test"]
    assert found.problems == {
        "models/llama/modeling_gone.py::apply_rotary_pos_emb::a test": "upstream has no such file",
        f"{llama}::gone_apply::a test": "upstream has no such definition",
        "models/mistral/modeling_mistral.py::apply_rotary_pos_emb::a test": (
            f"is a copy of {llama}::apply_rotary_pos_emb, another root of the edit"
        ),
        f"{llama}::rotate_half::upstream has it": "upstream has a definition of that name: it cannot be added",
        f"{llama}::LlamaGone.width::upstream lacks its class": "upstream has no such class to add it to",
        f"{llama}::LlamaRotaryEmbedding.forward::finds nothing": "does not take hold",
    }


def test_a_root_whose_file_became_generated_is_told(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", SPLIT, OURS)
    path = checkout.pristine / "models/llama/modeling_llama.py"
    header = "# This file was automatically generated from src/transformers/models/llama/modular_llama.py.\n"
    path.write_text(header + path.read_text())
    checkout.pin()
    with pytest.raises(OverlayError, match="its file is generated from models/llama/modular_llama.py"):
        build(checkout.layout, checkout.release)


OTHER = '[releases."4.57.6"]\ndigest = "another"\nlayers = ["src", "src/4.57"]\n'
OLD_LINE = SPLIT + "  releases: '<5'\n"


def test_an_edit_does_not_concern_a_release_outside_of_its_range(checkout):
    checkout.pin(OTHER)
    build_with(checkout, "models/llama/modeling_llama.py", OLD_LINE, OURS)
    file = "models/llama/modeling_llama.py"
    assert checkout.read(file) == (checkout.pristine / file).read_text()


def test_a_root_does_not_concern_a_release_outside_of_its_range(checkout):
    checkout.pin(OTHER)
    entries = SPLIT + EXTRA_ROOTS.rstrip() + ": '<5'\n"
    build_with(checkout, "models/llama/modeling_llama.py", entries, OURS)
    assert "# ours" in checkout.read("models/llama/modeling_llama.py")
    assert "# ours" not in checkout.read("models/gpt_neox/modular_gpt_neox.py")


def test_a_layer_on_top_adds_its_edits_for_the_releases_that_it_serves(checkout):
    checkout.overlay("models/llama/modeling_llama.py", OLD_LINE, OURS)
    checkout.overlay("models/llama/modeling_llama.py", SPLIT, OURS.replace("ours", "on top"), layer="src/4.57")
    checkout.pin('[releases."4.57.6"]\ndigest = "another"\nlayers = ["src"]\n')
    build_with(checkout, "models/bert/modeling_bert.py", "[]")
    assert "# on top" not in checkout.read("models/mistral/modeling_mistral.py"), "the layer does not serve it yet"
    pins = checkout.layout.root / "lines" / "5" / "upstream.toml"
    pins.write_text(pins.read_text().replace('["src"]', '["src", "src/4.57"]', 1))
    checkout.lock()
    build(checkout.layout, checkout.release)
    for model in ("llama", "mistral"):
        assert "# on top" in checkout.read(f"models/{model}/modeling_{model}.py")


@pytest.mark.parametrize(
    ("layer", "releases", "problem"),
    [
        ("src", ">=99", "is for >=99, and src serves 4.57.6 and {}\n"),
        ("src/4.57", ">=5", "is for >=5, and src/4.57 serves 4.57.6\n"),
    ],
)
def test_an_edit_for_releases_that_its_layer_does_not_serve_is_refused(checkout, layer, releases, problem):
    checkout.pin(OTHER)
    checkout.overlay("models/llama/modeling_llama.py", SPLIT + f"  releases: '{releases}'\n", OURS, layer=layer)
    with pytest.raises(OverlayError, match=problem.format(checkout.release)) as caught:
        read_overlay(checkout.layout, find_pin(checkout.layout, "4.57.6"))
    assert "a test" in str(caught.value), "the message names the edit"


TWICE = """\
- rewrite: apply_rotary_pos_emb
  series: odd-rotary-dims
  description: a test
  issue: 35233
  rule: {pattern: "cos.unsqueeze($DIM)"}
  fix: cos[:, None]
"""


def test_two_forms_of_one_edit_are_two_entries_whose_ranges_do_not_overlap(checkout):
    checkout.pin(OTHER)
    forms = [TWICE + "  releases: '<5'\n", TWICE.replace("[:, None]", "[:, None, :]") + "  releases: '>=5'\n"]
    build_with(checkout, "models/llama/modeling_llama.py", "".join(forms))
    assert "cos = cos[:, None, :]\n" in checkout.read("models/llama/modeling_llama.py")
    checkout.overlay("models/llama/modeling_llama.py", forms[0].replace("'<5'", "'<6'") + forms[1])
    with pytest.raises(OverlayError, match="two edits of one definition have the same description") as caught:
        build(checkout.layout, checkout.release)
    assert "a test" in str(caught.value) and checkout.release in str(caught.value)


BASES = """\
- base: LlamaRotaryEmbedding
  series: fp32-inv-freq
  description: a base of our own
  issue: 39847
  fix: Steady
- addition: Steady
  series: fp32-inv-freq
  description: a class with all that it holds
  issue: 39847
"""
STEADY = """\
from ...steady import other


class Steady:
    def hold(self):
        return other

    def let(self): ...
"""


def test_classes_of_a_name_that_inherit_from_the_same_are_given_a_base(checkout):
    build_with(checkout, "models/llama/modeling_llama.py", BASES, STEADY)
    for model in ("Llama", "Mistral", "GPTNeoX"):
        folder = {"GPTNeoX": "gpt_neox"}.get(model, model.lower())
        text = checkout.read(f"models/{folder}/modeling_{folder}.py")
        assert f"class {model}RotaryEmbedding(Steady, nn.Module):" in text
        assert f"class {model}MLP(nn.Module):" in text, "others inherit from what they did"
    modular = checkout.read("models/gpt_neox/modular_gpt_neox.py")
    assert "class GPTNeoXRotaryEmbedding(LlamaRotaryEmbedding):" in modular, "it has the base from its parent"
    llama = checkout.read("models/llama/modeling_llama.py")
    assert "class Steady:\n    def hold(self):\n        return other\n\n    def let(self): ...\n" in llama


def test_a_class_that_inherits_from_another_of_that_name_is_no_copy(checkout):
    """`nn` is PyTorch's in one file, and Flax's in the next."""
    mistral = checkout.pristine / "models/mistral/modeling_mistral.py"
    mistral.write_text(mistral.read_text().replace("from torch import nn", "import flax.linen as nn"))
    checkout.pin()
    build_with(checkout, "models/llama/modeling_llama.py", BASES, STEADY)
    assert "class MistralRotaryEmbedding(nn.Module):" in checkout.read("models/mistral/modeling_mistral.py")
