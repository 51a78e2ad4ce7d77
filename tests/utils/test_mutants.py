"""Mutation testing: what counts, how a mutant is named and judged, and what the list of survivors must say."""

import ast
import importlib.util
import shutil
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from cosmic_ray.commands.init import init
from cosmic_ray.work_db import use_db
from environment import LINES
from registry import registered_models

from mutation import report, survivors
from mutation.__main__ import families_with_tests
from mutation.families import (
    FILES,
    Definition,
    alike,
    covered,
    edited_definitions,
    family_of,
    share,
    subjects,
    telling_files,
)
from mutation.in_place import Functions
from mutation.mutants import Mutant, MutatedFile
from mutation.runner import all_tests, find_killing_test
from mutation.scope import MutationScope, Source, chosen
from mutation.session import BaselineError, MutantResult, Session
from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout
from transformers_conformance.rope import AXIAL, ROTARY, SEVERAL_AXES


FORK = Layout().source(DEFAULT_RELEASE) / "transformers"
MODEL = textwrap.dedent(
    '''\
    import torch

    SIZE = 1 + 2


    def rotate_half(x: int | None = None):
        """Not code: 1 + 2."""
        return x[1:]


    class Attention:
        @staticmethod
        def forward(q, cos):
            width = q * 2
            if cos.shape > 3:
                width = 4
            raise ValueError(f"{width + 5}")


    class FlashAttention:
        def forward(self, cos):
            return cos + 6
    '''
)


def mutated_file(text: str, folder: Path, rotary: bool = False) -> MutatedFile:
    path = folder / "model.py"
    path.write_text(text)
    with use_db(folder / "session.sqlite") as database:
        init([path], database, {})
        specs = [item.mutations[0] for item in database.work_items]
    return MutatedFile("model.py", Source(text, rotary), specs)


def reasons(file: MutatedFile) -> dict[str, str | None]:
    """Why mutants of a number do not count, by the number as it stands in the code."""
    return {
        file.source.lines[spec.start_pos[0] - 1][spec.start_pos[1] : spec.end_pos[1]]: file.source.left_out(
            spec.start_pos, spec.end_pos
        )
        for spec, mutant in file.mutants()
        if mutant.operator == "NumberReplacer"
    }


def test_in_a_model_rotary_definitions_and_statements_count(tmp_path):
    found = reasons(mutated_file(MODEL.replace("SIZE = 1 + 2", "SIZE = 7"), tmp_path))
    assert found == {
        "7": "outside of definitions", "1": None, "2": "not rotary", "3": None, "4": "not rotary",
        "5": "the wording of a message", "6": "needs a GPU",
    }  # fmt: skip


def test_in_a_rotary_file_every_definition_counts_but_annotations_do_not(tmp_path):
    file = mutated_file(MODEL, tmp_path, rotary=True)
    assert reasons(file)["2"] is None
    pipes = [spec for spec, mutant in file.mutants() if "BitOr_" in mutant.operator]
    assert {file.source.left_out(spec.start_pos, spec.end_pos) for spec in pipes} == {"an annotation"}


def test_names_are_compared_where_a_side_is_a_string():
    line = 'return kind != "default" and size > 1 and (size == 2) != "rope"'
    source = Source(f"def rotate(kind, size):\n    {line}\n", rotary=True)

    def compares(operator: str) -> bool:
        start = 4 + line.index(operator)
        return source.compares_a_name((2, start), (2, start + 2))

    assert [compares(operator) for operator in ('!= "default"', "> 1", "== 2", '!= "rope"')] == [
        True,
        False,
        False,
        True,
    ]


def test_a_mutant_is_one_change_in_the_place_that_its_name_says(tmp_path):
    file = mutated_file(MODEL, tmp_path)
    texts = {str(mutant): file.mutated(spec) for spec, mutant in file.mutants()}
    assert len(texts) == len(file.specs)
    for name, text in texts.items():
        if text is not None:
            ast.parse(text)
            changed = [line for line, was in zip(text.splitlines(), MODEL.splitlines(), strict=False) if line != was]
            assert changed, name
    (rotated,) = [text for name, text in texts.items() if "::rotate_half::NumberReplacer.0@" in name]
    assert rotated == MODEL.replace("return x[1:]", "return x[ 2:]")
    (condition,) = [text for name, text in texts.items() if "ReplaceComparisonOperator_Gt_Lt.0" in name]
    assert condition == MODEL.replace("cos.shape > 3", "cos.shape < 3")


def test_a_name_outlives_an_edit_elsewhere_and_not_one_of_its_line(tmp_path):
    def names(text: str) -> set[str]:
        return {str(mutant) for _, mutant in mutated_file(text, tmp_path).mutants() if "rotate_half" in str(mutant)}

    assert names(MODEL.replace("SIZE = 1 + 2", "SIZE = 1\nMORE = 2 * 3")) == names(MODEL)
    assert names(MODEL.replace("x[1:]", "x[1:3]")).isdisjoint(names(MODEL) - names(MODEL.replace("x[1:]", "x")))


RELEASES = [line.release for line in LINES.values()]


def all_subjects(release: str) -> tuple[MutationScope, ...]:
    edited, newest = edited_definitions(Layout().lock(release)), release == DEFAULT_RELEASE
    by_hand = chosen(Layout().upstream(release) / "transformers", newest)
    return subjects(by_hand, edited, families_with_tests(), newest)


@pytest.mark.parametrize("release", RELEASES)
def test_every_subject_is_in_the_release_and_has_models_that_judge_it(release):
    package = Layout().upstream(release) / "transformers"
    if not package.is_dir():
        pytest.skip(f"{release} was not fetched; make fork RELEASE={release} does")
    properties = ROTARY.properties.keys() | AXIAL.properties.keys() | SEVERAL_AXES.properties.keys()
    judged = all_subjects(release)
    assert len(judged) > FILES
    for subject in judged:
        assert (package / subject.file).exists()
        assert subject.models
        for model in subject.models:
            name, _, asked = model.partition(":")
            assert name in registered_models()
            assert set(filter(None, asked.split(","))) <= properties
        for test in subject.tests:
            file, _, name = test.partition("::")
            assert f"def {name}" in (REPOSITORY / file).read_text()


def test_a_file_is_judged_by_the_tests_of_its_framework():
    files = ("modeling_gptj.py", "modeling_tf_gptj.py", "modeling_flax_gptj.py", "configuration_gptj.py", "gptj.py")
    assert [family_of(f"models/gptj/{file}") for file in files] == ["gptj", "tf_gptj", "flax_gptj", "gptj", None]
    assert family_of("modeling_rope_utils.py") is None


def definition(model: str, name: str, *edits: str) -> Definition:
    return Definition(f"models/{model}/modeling_{model}.py", name, frozenset(edits))


FEW = [
    definition("llama", "turn", "a"),
    definition("glm", "turn", "a"),
    definition("glm", "cut", "b"),
    definition("phi", "cut", "b"),
    definition("esm", "cut", "b", "c"),
    definition("untested", "own", "d"),
]


def test_a_definition_stands_for_what_the_same_edits_reach():
    assert alike(FEW, FEW[:1]) == FEW[:2]
    mutants = [Mutant(FEW[2].file, name, "NumberReplacer", 0, "0") for name in ("cut.inner", "elsewhere")]
    assert covered(FEW, mutants) == FEW[2:4]  # not its neighbour in that file, which holds no mutant
    assert share(FEW, mutants) == "2 of 6 edited definitions hold mutants, or equal one that does (33 %)"
    assert covered(FEW, mutants[1:]) == []


def test_the_files_that_stand_for_most_come_first():
    families = ("llama", "glm", "phi", "esm")
    assert list(telling_files(FEW, families, [])) == [FEW[1].file, FEW[4].file]
    assert list(telling_files(FEW, families, [FEW[1].file])) == [FEW[4].file]


@pytest.mark.parametrize("release", RELEASES)
def test_most_of_what_edits_reach_is_in_files_that_are_judged(release):
    edited = edited_definitions(Layout().lock(release))
    files = {subject.file for subject in all_subjects(release)}
    assert len(alike(edited, [one for one in edited if one.file in files])) > 0.75 * len(edited)


def test_of_an_edited_file_only_what_edits_reach_counts_and_no_more_than_asked(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    subject = MutationScope("model.py", ("gptj",), definitions=frozenset({"rotate_half"}))
    mutants = Session(tmp_path, (subject,), tmp_path / "home").mutants()
    assert {mutant.definition for mutant in mutants} == {"rotate_half"}
    few = Session(tmp_path, (replace(subject, most=1),), tmp_path / "few").mutants()
    assert len(mutants) > len(few) == 1 and set(few) < set(mutants)


def test_a_sample_is_of_each_definition_and_outlives_an_edit_elsewhere(tmp_path):
    def sample(text: str, name: str) -> dict[str, set[str]]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.py").write_text(text)
        subject = MutationScope("model.py", ("gptj",), most=2)
        found = Session(tmp_path / name, (subject,), tmp_path / name / "home").mutants()
        return {one.definition: {str(x) for x in found if x.definition == one.definition} for one in found}

    before, after = sample(MODEL, "before"), sample(MODEL.replace("cos.shape > 3", "cos.shape > 33"), "after")
    assert all(len(names) == 2 for names in before.values()) and len(before) == 2
    assert before["rotate_half"] == after["rotate_half"]
    assert before["Attention.forward"] != after["Attention.forward"]


def test_the_runner_asks_a_tower_for_what_holds_of_coordinates():
    checks = list(all_tests(["pixtral:coordinate_range"]))
    assert checks == ["pixtral coordinate_range 16 16 default PixtralVisionRotaryTest"]
    assert find_killing_test(checks) is None


def test_the_runner_asks_every_part_that_the_tests_of_a_model_describe():
    checks = all_tests(["qwen2_5_omni:positions,coordinate_passing,axes_rows"])
    asked = {(check.split(" ")[1], check.split(" ")[-1]) for check in checks}
    assert asked == {
        ("positions", "Qwen2_5OmniThinkerTextRotaryTest"),
        ("coordinate_passing", "Qwen2_5OmniVisionRotaryTest"),
        ("coordinate_passing", "Qwen2_5OmniDiTRotaryTest"),
        ("axes_rows", "Qwen2_5OmniThinkerSeveralAxesTest"),
    }


ROTATE = MutationScope("models/gptj/modeling_gptj.py", ("gptj",))


def test_a_real_mutant_is_caught_and_remembered(tmp_path):
    """The first of `rotate_every_two`, from the fork's source to a result in the database; then nothing is left."""
    session = Session(FORK, (ROTATE,), tmp_path)
    before = (FORK / ROTATE.file).read_bytes()
    wanted = next(mutant for mutant in session.mutants() if mutant.definition == "rotate_every_two")
    done = []
    for _ in range(2):
        session.run(wanted.__eq__, 1, lambda *progress: done.append(progress))
    assert done == [(1, 1)]
    (result,) = Session(FORK, (ROTATE,), tmp_path).results()
    assert result.mutant == wanted
    assert result.killing_test.startswith("gptj ")
    assert (FORK / ROTATE.file).read_bytes() == before


@pytest.mark.parametrize(
    "name",
    [
        "tests/models/expected_failures.toml",
        "tests/models/gptj/test_modeling_gptj.py",
        "utils/mutation/scope.py",
        "utils/registry.py",
    ],
)
def test_results_are_those_of_one_suite(tmp_path, monkeypatch, name):
    """Earlier results do not count once a file that the runner reads has changed."""
    root = tmp_path / "root"
    for part in ("conformance/src", "tests/models", "tests/adapted", "tests/frameworks", "utils/mutation"):
        shutil.copytree(REPOSITORY / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "utils" / "registry.py", root / "utils")
    monkeypatch.setattr("mutation.session.ROOT", root)
    (tmp_path / "model.py").write_text(MODEL)

    def database() -> Path:
        return Session(tmp_path, (MutationScope("model.py", ("gptj",)),), tmp_path / "home").path

    before = database()
    assert database() == before
    with (root / name).open("a") as file:
        file.write("# And no more.\n")
    assert database() != before


def test_code_that_does_not_pass_as_it_is_judges_nothing(tmp_path):
    odd = MutationScope("models/gptj/modeling_gptj.py", ("no_such_model",))
    session = Session(FORK, (odd,), tmp_path)
    wanted = session.mutants()[0]
    with pytest.raises(BaselineError, match="gptj.py, not mutated, is caught by: no_such_model import"):
        session.run(wanted.__eq__, 1, lambda *progress: None)
    assert session.results() == []


DECORATED = """\
def twice(function):
    def wrapper(x):
        return function(x) * 2
    return wrapper


@twice
def add(x):
    return x + 1


class Model:
    width = 3

    @property
    def size(self):
        return [self.width + i for i in range(2)]
"""


@pytest.fixture
def decorated(tmp_path):
    path = tmp_path / "decorated.py"
    path.write_text(DECORATED)
    spec = importlib.util.spec_from_file_location("decorated", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("old", "new", "gives"),
    [
        ("function(x) * 2", "function(x) * 3", (9, [3, 4])),  # a function that was made by another
        ("x + 1", "x - 1", (2, [3, 4])),  # and what it holds
        ("self.width + i", "self.width - i", (6, [3, 2])),  # code within code
    ],
)
def test_functions_that_are_there_get_the_code_of_a_mutant(decorated, old, new, gives):
    functions, kept = Functions(decorated.__file__, DECORATED), (decorated.add, decorated.Model())
    assert functions.replace(DECORATED.replace(old, new))
    assert (kept[0](2), kept[1].size) == gives


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("width = 3", "width = 4"),  # ran when the module was imported
        ("function(x) * 2", "x * 2"),  # another name from around it
        ("x + 1", "(lambda: x + 1)()"),  # another function
    ],
)
def test_a_mutant_that_cannot_be_put_in_place_is_not(decorated, old, new):
    functions = Functions(decorated.__file__, DECORATED)
    assert not functions.replace(DECORATED.replace(old, new))
    assert (decorated.add(2), decorated.Model().size) == (6, [3, 4])


A, B, C = (Mutant("f.py", "g", "NumberReplacer", index, "0") for index in range(3))


def listed(folder: Path, text: str) -> list[survivors.Survivors]:
    path = folder / "survivors.toml"
    path.write_text(textwrap.dedent(text))
    return survivors.read(path)


ENTRY = """\
    [[survivors]]
    file = "f.py"
    definition = "g"
    kind = "equivalent"
    change = "one more"
    reason = "Nobody counts."
    mutants = ["NumberReplacer.0@0", "NumberReplacer.1@0"]
"""


def test_survivors_and_the_list_must_agree(tmp_path):
    entries = listed(tmp_path, ENTRY)
    assert survivors.problems(entries, [A, B], [A, B, C]) == []
    assert survivors.problems(entries, [A, B], [A]) == []
    assert survivors.problems(entries, [A, C], [A, B, C]) == [
        "survived, and is not listed: f.py::g::NumberReplacer.2@0",
        "listed, and was caught: f.py::g::NumberReplacer.1@0",
    ]
    assert survivors.unknown(entries, [A]) == ["listed, and there is no such mutant: f.py::g::NumberReplacer.1@0"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"equivalent"', '"fine"', "kind must be one of equivalent, gap"),
        ("change", "changes", "changes"),
        ("NumberReplacer.1", "NumberReplacer.0", "NumberReplacer.0@0 is listed twice"),
    ],
)
def test_a_list_that_is_not_as_it_should_be_is_refused(tmp_path, old, new, words):
    with pytest.raises(survivors.ListError, match=words):
        listed(tmp_path, ENTRY.replace(old, new))


@pytest.mark.parametrize("line", LINES)
def test_the_list_in_the_repository_can_be_read_and_holds_no_code_of_upstream(line):
    for entry in survivors.read(survivors.list_of(line)):
        assert entry.change and entry.reason and entry.mutants
        assert not {"`", "=="} & set(entry.change.split())


@pytest.mark.parametrize(("kind", "percent"), [("equivalent", 50.0), ("gap", 25.0)])
def test_an_equivalent_mutant_is_not_missed(tmp_path, kind, percent):
    """One is caught, two are listed, and one survives that no list names."""
    others = [Mutant("f.py", "g", "NumberReplacer", index, "0") for index in (2, 3)]
    results = [MutantResult(one, None) for one in (A, B, others[0])] + [MutantResult(others[1], "gptj rotation")]
    found = report.count(results, listed(tmp_path, ENTRY.replace("equivalent", kind)))["all"]
    assert found.percent == percent and found.missed + found.equivalent == 3


def test_the_document_counts_and_gives_reasons(tmp_path):
    results = [MutantResult(A, None), MutantResult(B, None), MutantResult(C, "gptj rotation 8 4 default")]
    names = {"release": DEFAULT_RELEASE, "survivors": "survivors-5.toml"}
    text = report.document(
        names, results, {"an annotation": 7}, listed(tmp_path, ENTRY), "2 of 3 are judged", [FEW[0]]
    )
    for words in (
        "| f.py | 3 | 2 | 1 | 0 | 100.0 |",
        "an annotation (7)",
        "`rotation` 1",
        "Nobody counts.",
        "equivalent (2)",
        "2 of 3 are judged",
        "`models/llama/modeling_llama.py` 1.",
    ):
        assert words in text
