"""The README is right: its snippets run, and it names every property and every option."""

import re
import sys
import types
import unittest
from pathlib import Path

import pytest
from tiny_mask import TinyMaskModel
from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLConfig, Qwen2VLVisionConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import (
    Qwen2VisionTransformerPretrainedModel,
    Qwen2VLForConditionalGeneration,
)
from typer.main import get_command
from typer.testing import CliRunner

from tiny_rope import TinyRopeConfig
from transformers_conformance import masks, rope  # noqa: F401, importing a topic makes it known
from transformers_conformance.core import plugin
from transformers_conformance.core.mixins import JudgedTestMixin
from transformers_conformance.core.property import named_topics
from transformers_conformance.doctor import diagnosis
from transformers_conformance.doctor.command import app
from transformers_conformance.doctor.models import measured_release
from transformers_conformance.doctor.releases import release_of


TEXT = (Path(__file__).parents[1] / "README.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
PROPERTIES = {name for topic in named_topics() for name in topic.properties}
# One property of each class of tests is enough to show that the classes exist and judge.
ASKED = ("_forward_", "_coordinate_rotation_", "_axes_rows_", "_mask_forms_")


@pytest.fixture
def my_model(monkeypatch):
    """The module that the snippets import; its models are right."""
    module = types.ModuleType("my_model")
    module.MyConfig, module.MyModel = TinyRopeConfig, TinyMaskModel
    module.MyVisionConfig, module.MyVisionModel = Qwen2VLVisionConfig, Qwen2VisionTransformerPretrainedModel
    module.MyMultimodalConfig, module.MyMultimodalModel = Qwen2VLConfig, Qwen2VLForConditionalGeneration
    monkeypatch.setitem(sys.modules, module.__name__, module)


def run(snippets: list[str]) -> dict:
    """Runs snippets one after another, as if a reader pasted them into one file."""
    names = {"__name__": "readme"}
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), names)
    return names


def test_every_snippet_runs_and_its_tests_pass(my_model, capsys):
    found = run(SNIPPETS)
    printed = capsys.readouterr().out
    assert "gpt_neox" in printed
    assert len(re.findall(r"^R\d \w+ .* pass None$", printed, re.MULTILINE)) > 50
    assert " fail " not in printed
    classes = [
        one
        for one in found.values()
        if isinstance(one, type) and issubclass(one, JudgedTestMixin) and issubclass(one, unittest.TestCase)
    ]
    assert len(classes) == 5
    for one in classes:
        names = [name for name in one.judged_tests() if any(property_name in name for property_name in ASKED)]
        result = unittest.TestResult()
        unittest.TestSuite(map(one, names)).run(result)
        assert result.testsRun > 0 and result.wasSuccessful(), (one, result.failures, result.errors)


def test_a_snippet_that_imports_a_missing_module_fails(my_model):
    with pytest.raises(ImportError):
        run([SNIPPETS[0].replace("rope.testing", "testing")])


def test_the_doctor_prints_what_is_shown(monkeypatch, tmp_path):
    (shown,) = re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    (printed,) = re.findall(r"^```text\n(my-model.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model" / "config.json").write_text(shown)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(diagnosis, "installed_release", lambda: release_of(measured_release()))
    done = CliRunner().invoke(app, ["doctor", "my-model"])
    assert (done.exit_code, done.stdout) == (1, printed)


def test_it_names_every_error_and_option_of_the_doctor():
    code = "".join(path.read_text() for path in Path(diagnosis.__file__).parent.glob("*.py"))
    raised = set(re.findall(r'UnreadableError\(\s*"([a-z0-9-]+)"', code)) | {"cut-off", "not-json"}
    section = TEXT.partition("## Examine a checkpoint")[2].partition("## Test your own")[0]
    assert {name for name in raised if f"`{name}`" not in section} == set()
    assert len(raised) > 10
    options = {option for one in get_command(app).commands["doctor"].params for option in one.opts if "--" in option}
    assert options - {"--help"} == set(re.findall(r"`(--[a-z]+)`", section))


def test_it_names_every_property_and_no_other():
    section = TEXT.partition("## What is checked")[2].partition("The suite asks the config")[0]
    rows = "".join(line for line in section.splitlines() if re.match(r"\| [RM]\d", line))
    named = set(re.findall(r"`([a-z_]+)`", rows)) | set(re.findall(r"`((?:coordinate|axes)_\w+)`", section))
    assert named == PROPERTIES


def test_it_names_every_option_and_no_other():
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    options = {name for group in parser._groups for option in group.options for name in option.names()}
    assert set(re.findall(r"--conformance-[a-z-]+", TEXT)) == options
