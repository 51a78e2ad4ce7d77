"""Which of the mutants that can be made of a file count: those of its rotary code, selected by names.

In a file that holds rotary code only, every definition counts. In a model's file, a definition counts whole where its
name says that it is rotary, and in any other function those statements and conditions that name something rotary.
"""

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class MutationScope:
    """A file of the fork that is mutated, and the models that judge it.

    Args:
        file: below the package.
        models: as their tests are named, such as `gptj` or `tf_gptj`, the likeliest to see an error first; after a
            colon, the only properties that a model is asked.
        rotary: the file holds rotary code only.
        definitions: the only ones that count; all if empty.
        most: mutants that are made of each definition; all if None.
        tests: of this repository that judge the file too: files of tests, or single tests as pytest names them. They
            import what they judge into their own process.
    """

    file: str
    models: tuple[str, ...]
    rotary: bool = False
    definitions: frozenset[str] = frozenset()
    most: int | None = None
    tests: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        return ".".join(("transformers", *self.file.removesuffix(".py").split("/")))


# What shows an error in what is made of a config; in how it is scaled; and in what a model does with it.
_OF_CONFIGS = "keys,saved_config,defaults,invalid_values,questionable_values,quiet,range,warning"
_OF_SCALING = "scaled,scaling_options,history,growth,batch_scaling"
OF_COORDINATES = (
    "coordinate_rotation,coordinate_passing,coordinate_norms,coordinate_relative,coordinate_keys,coordinate_range,"
    "coordinate_state"
)
OF_SEVERAL_AXES = "axes_counted,axes_rows,axes_cached,axes_requests,axes_between,axes_generated,axes_packed"
OF_MODELS = (
    "forward,keys,saved_config,defaults,scaled,history,positions,counted,shift,heads,grouped,layers,sdpa,decoding,padding,"
    "packed,state,saved_model"
)

# Mutants of each definition of the files that are chosen by hand: these stand for more than others do.
_MOST = 5

# Those that need no other release.
_DEFAULT_TABLE = ("is_the_papers", "is_found_under_the_name_that_4x_had", "of_a_layer_type_is_its_own")
_ANNOUNCED = "tests/loading/test_given_configs.py::test_a_factor_that_counts_from_now_on_is_announced"
_VISION = "tests/utils/test_vision_rotation.py::test_"
_NARROW_TABLE = f"{_VISION}a_narrower_table_rotates_its_pairs_and_no_other_channel"
# Tests of files that are not chosen by hand, by model.
TESTS = {
    "clvp": (_NARROW_TABLE, f"{_VISION}a_table_wider_than_the_head_is_refused"),
    "cohere_compass": ("tests/utils/test_small_heads.py",),
    "edgetam_video": (_NARROW_TABLE,),
    "efficientloftr": (_NARROW_TABLE,),
    "glm4v": ("tests/utils/test_small_heads.py",),
    "glm_image": ("tests/utils/test_small_heads.py",),
    "hunyuan_vl": (f"{_VISION}alpha_stretches_the_base",),
    "qwen2_5_omni": ("tests/utils/test_text_positions.py",),
    "qwen4_exp": ("tests/utils/test_small_heads.py",),
}

_CHOSEN = (
    # Beside llama: a factor by default, a width in channels, no context length; kinds of layers of which one has no
    # parameters, which must not hide the others; kinds that no layer is named by, which have no config of their own;
    # sections of pairs, a key of their own; a slice; layers that have configs of their own, and both; kinds whose
    # parameters are filled in; positions of two coordinates.
    MutationScope(
        "modeling_rope_utils.py",
        (
            f"llama:{_OF_CONFIGS},{_OF_SCALING},cast,loaded_precision",
            "gpt_neox:keys,quiet,warning,scaled,scaling_options",
            "gptj:keys,range,warning",
            "recurrent_gemma:scaled,range,warning",
            "beam:keys,range",
            "deepseek_v4:scaled,scaling_options",
            "glm4v_moe:quiet,range,warning",
            "deepseek_v3:quiet,range,warning",
            "neomme:keys,layer_types,range,warning",
            "dots3_note:range,warning",
            "gemma4:warning,questionable_values",
            "lfm3:keys",
            "pixtral:coordinate_keys,coordinate_range",
        ),
        rotary=True,
        most=_MOST,
        tests=(
            "tests/loading/test_given_configs.py",
            "tests/loading/test_own_tables.py",
            "tests/utils/test_small_heads.py",
            *(f"tests/loading/test_code_of_4x.py::test_the_default_table_{name}" for name in _DEFAULT_TABLE),
        ),
    ),
    MutationScope("models/llama/modeling_llama.py", (f"llama:{OF_MODELS}",), most=_MOST, tests=(_ANNOUNCED,)),
    MutationScope("models/gptj/modeling_gptj.py", (f"gptj:{OF_MODELS},compiled",), most=_MOST),
    MutationScope("models/glm/modeling_glm.py", (f"glm:{OF_MODELS}",), most=_MOST),
)


def chosen(package: Path, newest: bool) -> tuple[MutationScope, ...]:
    """Those chosen by hand, judged by the models that a release has.

    Args:
        newest: whether it is the newest release, which the tests of this repository judge.
    """

    def has(model: str) -> bool:
        return (package / "models" / model.partition(":")[0]).is_dir()

    return tuple(
        replace(subject, models=tuple(filter(has, subject.models)), tests=subject.tests if newest else ())
        for subject in _CHOSEN
    )


_ROTARY = re.compile(
    r"rotary|rotate|rope|_rot$|_pass$|^(cos|sin|sincos)$|sinusoid|pos_embd?_|embed_positions|position_embeddings"
    r"|position_ids|seen_tokens",
    re.IGNORECASE,
)
# Runs on a GPU with a library of its own; what the suite can call here is the class that it inherits from.
_ELSEWHERE = re.compile("Flash")

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class _TextRange:
    """From a position up to another, as `(line, column)`; lines count from 1, columns are in characters."""

    start: tuple[int, int]
    end: tuple[int, int]

    def covers(self, start: tuple[int, int], end: tuple[int, int]) -> bool:
        return self.start <= start and end <= self.end


class Source:
    """The source of one file, and where in it a mutant counts."""

    def __init__(self, text: str, rotary: bool, definitions: Collection[str] = ()):
        self.text = text
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.rotary = rotary
        self.definitions = definitions

    def definition(self, start: tuple[int, int], end: tuple[int, int]) -> str | None:
        """The dotted name of the innermost definition around a place, decorators included; None outside of any."""
        names = [name for span, name in self._definitions if span.covers(start, end)]
        return max(names, key=lambda name: name.count("."), default=None)

    def statement(self, start: tuple[int, int]) -> tuple[int, int]:
        """The first and last line of the innermost statement around a place; of one that holds others, of its head."""
        found = (start[0], start[0])
        for node in ast.walk(self.tree):
            if isinstance(node, ast.stmt):
                decorators = getattr(node, "decorator_list", [])
                first = min(part.lineno for part in (node, *decorators))
                last = node.body[0].lineno - 1 if getattr(node, "body", None) else node.end_lineno
                if first <= start[0] <= max(first, last):
                    found = (first, max(first, last))
        return found

    def compares_a_name(self, start: tuple[int, int], end: tuple[int, int]) -> bool:
        """Whether the innermost comparison around a place has a string to compare with."""
        around = [node for node in ast.walk(self.tree) if isinstance(node, ast.Compare)]
        around = [node for node in around if self._span(node).covers(start, end)]
        innermost = min(around, key=lambda node: node.end_col_offset - node.col_offset, default=None)
        sides = [] if innermost is None else [innermost.left, *innermost.comparators]
        return any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides)

    def left_out(self, start: tuple[int, int], end: tuple[int, int]) -> str | None:
        """Why a mutant of this place does not count, or None."""
        definition = self.definition(start, end)
        if definition is None:
            return "outside of definitions"
        if self.definitions and not any(f"{definition}.".startswith(f"{name}.") for name in self.definitions):
            return "not edited"
        if definition in self._typed_dicts:
            return "a type"
        for reason, spans in self._no_code.items():
            if any(span.covers(start, end) for span in spans):
                return reason
        if _ELSEWHERE.search(definition):
            return "needs a GPU"
        if self.rotary or any(span.covers(start, end) for span in self._rotary_spans):
            return None
        return "not rotary"

    @cached_property
    def _definitions(self) -> list[tuple[_TextRange, str]]:
        found = []

        def visit(node: ast.AST, prefix: str) -> None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, _DEFINITIONS):
                    found.append((self._span(child, *child.decorator_list), prefix + child.name))
                    visit(child, f"{prefix}{child.name}.")
                else:
                    visit(child, prefix)

        visit(self.tree, "")
        return found

    @cached_property
    def _typed_dicts(self) -> set[str]:
        classes = (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))
        return {node.name for node in classes if any(ast.unparse(base) == "TypedDict" for base in node.bases)}

    @cached_property
    def _no_code(self) -> dict[str, list[_TextRange]]:
        annotations, texts = [], []
        for node in ast.walk(self.tree):
            for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
                if part is not None:
                    annotations.append(self._span(part))
            if isinstance(node, ast.JoinedStr):
                texts.append(self._span(node))
        return {"an annotation": annotations, "the wording of a message": texts}

    @cached_property
    def _rotary_spans(self) -> list[_TextRange]:
        spans = []

        def visit(node: ast.AST) -> None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, _DEFINITIONS) and _ROTARY.search(child.name):
                    spans.append(self._span(child, *child.decorator_list))
                    continue
                if isinstance(child, ast.stmt):
                    spans.extend(self._span(part) for part in _own_parts(child) if _names_something_rotary(part))
                visit(child)

        visit(self.tree)
        return spans

    def _span(self, node: ast.AST, *before: ast.AST) -> _TextRange:
        first = min((node, *before), key=lambda part: part.lineno)
        start = (first.lineno, self._column(first.lineno, first.col_offset) if first is node else 0)
        return _TextRange(start, (node.end_lineno, self._column(node.end_lineno, node.end_col_offset)))

    def _column(self, line: int, offset: int) -> int:
        """`ast` counts bytes, the tool characters."""
        return len(self.lines[line - 1].encode()[:offset].decode())


def _own_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """A simple statement whole; of one that holds others, its condition or what it runs over."""
    if isinstance(statement, _DEFINITIONS):
        return
    if not hasattr(statement, "body"):
        yield statement
        return
    for name in ("test", "iter"):
        if hasattr(statement, name):
            yield getattr(statement, name)


def _names_something_rotary(node: ast.AST) -> bool:
    names = (getattr(part, "id", None) or getattr(part, "attr", None) for part in ast.walk(node))
    return any(name and _ROTARY.search(name) for name in names)
