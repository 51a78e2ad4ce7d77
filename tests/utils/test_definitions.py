import textwrap
from pathlib import Path

import pytest

from overlay.definitions import (
    bases_of,
    class_prefix,
    find_definitions,
    find_headers,
    fingerprint,
    origin_of,
    prefix_of_copy,
    rename_prefix,
    split,
    words_of,
)
from overlay.index import Index


FUNCTION = '''\
@decorated
def turn(q, cos: float = 1) -> float:
    """Prose."""
    # why
    return q * cos
'''


def test_definitions_are_found_at_their_lines():
    source = textwrap.dedent(
        """\
        import os

        if os:
            def inner():
                pass

        @d
        class A:
            x = 1

            @d
            def f(self):
                pass
        """
    )
    assert [(span.name, span.start, span.end) for span in find_definitions(source)] == [
        ("inner", 3, 5),
        ("A", 6, 13),
        ("A.f", 10, 13),
    ]


@pytest.mark.parametrize(
    "same",
    [
        FUNCTION.replace("@decorated\n", ""),
        FUNCTION.replace(": float", ": int").replace(" -> float", ""),
        FUNCTION.replace('    """Prose."""\n', ""),
        FUNCTION.replace("# why", "# because"),
        FUNCTION.replace("q * cos", "(q * cos)"),
        "".join("    " + line for line in FUNCTION.splitlines(keepends=True)),
    ],
)
def test_fingerprint_ignores_comments_and_docstrings(same):
    assert fingerprint(same, "") == fingerprint(FUNCTION, "")


@pytest.mark.parametrize("other", [FUNCTION.replace("q * cos", "q + cos"), FUNCTION.replace("= 1", "= 2")])
def test_fingerprint_sees_what_the_code_does(other):
    assert fingerprint(other, "") != fingerprint(FUNCTION, "")


def test_fingerprint_renames_the_model_and_nothing_else():
    llama = "def f(self):\n    return LlamaNorm(self.LlamaX, 'Llama')\n"
    assert fingerprint(llama, "Llama") == fingerprint(llama.replace("Llama", "GPTNeoX"), "GPTNeoX")
    assert fingerprint(llama, "Llama") != fingerprint(llama.replace("Norm", "LayerNorm"), "Llama")
    assert fingerprint("def f(): return Llamas()\n", "Llama") != fingerprint("def f(): return Xs()\n", "X")


def test_words_are_those_of_every_copy():
    text = "@deco\ndef f(x: Annotated, *, width=1):\n    return LlamaNorm(x).weight\n"
    assert words_of(text, "Llama") == ["weight", "width", "f", "x"]


def test_prefix_comes_from_the_class_of_a_copy_or_from_its_file():
    root = "LlamaRotaryEmbedding.forward"
    assert prefix_of_copy(root, "Llama", "AriaTextRotaryEmbedding.forward", "Aria") == "AriaText"
    assert prefix_of_copy(root, "Llama", "Other.forward", "Aria") == "Aria"
    assert prefix_of_copy("turn", "Llama", "turn", "Aria") == "Aria"


def test_prefix_of_real_files(pristine: Path):
    found = {
        model: class_prefix((pristine / f"models/{model}/modeling_{model}.py").read_text())
        for model in ("llama", "gpt_neox", "gptj", "codegen", "stablelm")
    }
    assert found == {
        "llama": "Llama",
        "gpt_neox": "GPTNeoX",
        "gptj": "GPTJ",
        "codegen": "CodeGen",
        "stablelm": "StableLm",
    }
    assert class_prefix((pristine / "modeling_rope_utils.py").read_text()) == ""


def test_rename_prefix_takes_whole_prefixes():
    assert rename_prefix("LlamaConfig(MyLlamaConfig, Llamas)", "Llama", "Glm") == "GlmConfig(MyLlamaConfig, Llamas)"


def test_split_takes_a_function_apart_without_losing_a_byte():
    text = textwrap.indent(
        textwrap.dedent(
            '''\
            @a
            @b(1)
            def f(
                self, x: int = 3
            ) -> tuple[int,
                int]:
                """P."""

                # c
                y = {"a": 1}
                return y
            '''
        ),
        "    ",
    )
    parts = split(text)
    assert parts.decorators + parts.header + parts.docstring + parts.body == text
    assert parts.decorators == "    @a\n    @b(1)\n"
    assert parts.header.endswith("int]:\n")
    assert parts.docstring == '        """P."""\n'
    assert parts.indent == "    "


def test_split_of_every_rotation_of_upstream_loses_no_byte(pristine: Path):
    count = 0
    for path in sorted(pristine.glob("models/*/modeling_*.py"))[::9]:
        source = path.read_text()
        lines = source.splitlines(keepends=True)
        for span in find_definitions(source):
            if span.name.split(".")[-1] in ("forward", "__init__", "apply_rotary_pos_emb"):
                text = span.text(lines)
                parts = split(text)
                assert parts.decorators + parts.header + parts.docstring + parts.body == text, (path, span)
                count += 1
    assert count > 300


def test_index_returns_its_entries_and_survives_a_truncated_file(tmp_path: Path):
    path = tmp_path / "index.json"
    index = Index(path)
    spans, digest = index.definitions(FUNCTION), index.fingerprint(FUNCTION, "")
    index.save()
    assert spans == find_definitions(FUNCTION)
    again = Index(path)
    assert (again.definitions(FUNCTION), again.fingerprint(FUNCTION, "")) == (spans, digest)
    path.write_text(path.read_text()[:20])
    assert Index(path).definitions(FUNCTION) == spans


def test_headers_are_the_lines_that_name_the_base_classes():
    source = "class A: ...\n\n@late\nclass B(\n    x.Y,\n    Z,\n):\n    class C(B):\n        d = 1\n\nclass E(B): f"
    spans = find_headers(source)
    assert [(span.name, span.start, span.end) for span in spans] == [("class B", 3, 7), ("class C", 7, 8)]
    assert bases_of(spans[1].text(source.splitlines(keepends=True))) == "B"


@pytest.mark.parametrize(
    ("imports", "origin"),
    [
        ("from torch import nn", "torch.nn.Module"),
        ("from torch import Tensor, nn", "torch.nn.Module"),
        ("from torch import (\n    Tensor,\n    nn,\n)", "torch.nn.Module"),
        ("import torch.nn as nn", "torch.nn.Module"),
        ("if x:\n    import flax.linen as nn", "flax.linen.Module"),
        ("from keras import layers as nn", "keras.layers.Module"),
        ("from torch import nnx", None),
    ],
)
def test_the_origin_of_a_name_follows_from_imports(imports, origin):
    assert origin_of("nn.Module", f"import os\n{imports}\n") == origin
    assert origin_of("torch.nn.Module", "import torch\nimport torch.utils") == "torch.nn.Module"
