"""The built forks are upstream with our edits and no other change, and the newest fork is installed."""

import importlib.metadata
import inspect
import json
import pickle
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from environment import LINES, line_of
from packaging.requirements import Requirement
from packaging.version import Version

from overlay.build import built_files
from overlay.distribution import setup_arguments
from overlay.layout import DEFAULT_RELEASE, Layout
from overlay.upstream import known_releases
from tests.utils.upstream_rope import command_for


LAYOUT = Layout()
PRISTINE = LAYOUT.upstream(DEFAULT_RELEASE)
FORK = LAYOUT.source(DEFAULT_RELEASE)


@pytest.fixture(params=known_releases(LAYOUT))
def release(request) -> str:
    """A release whose fork is built."""
    if not LAYOUT.source(request.param).exists():
        pytest.skip(f"there is no fork of {request.param}: {command_for(request.param)}")
    return request.param


def test_the_files_that_differ_are_those_that_the_stamp_names(release):
    pristine, fork = LAYOUT.upstream(release), LAYOUT.source(release)
    files = {path.relative_to(pristine) for path in (pristine / "transformers").rglob("*") if path.is_file()}
    changed = sorted(
        path.relative_to("transformers").as_posix()
        for path in files
        if path.suffix != ".pyc" and (pristine / path).read_bytes() != (fork / path).read_bytes()
    )
    assert changed == built_files(LAYOUT, release)


def test_modular_and_generated_files_are_reached_together(release):
    """An edit of a modular file also reaches its generated file; else generating that file would undo the edit."""
    changed = set(built_files(LAYOUT, release))
    modular = [file for file in changed if Path(file).name.startswith("modular_")]
    assert modular
    for file in modular:
        assert file.replace("modular_", "modeling_") in changed, file


def test_changed_files_are_formatted_as_upstream_formats_them(release):
    def unformatted(root: Path) -> set[str]:
        files = built_files(LAYOUT, release)
        command = [
            sys.executable,
            "-m",
            "ruff",
            "format",
            "--isolated",
            "--no-cache",
            "--line-length",
            "119",
            "--check",
            *files,
        ]
        done = subprocess.run(command, cwd=root / "transformers", capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return set(re.findall(r"(?:Would reformat: |--> )(models/\S+?\.py|\w+\.py)", done.stdout))

    assert unformatted(LAYOUT.source(release)) <= unformatted(LAYOUT.upstream(release))


def test_it_is_installed_as_transformers_with_upstreams_requirements_extras_and_entry_points():
    ours = importlib.metadata.distribution("transformers")
    theirs = importlib.metadata.PathDistribution(PRISTINE)
    # An editable install keeps the version of the patch set at its time, and later builds have newer ones.
    assert re.fullmatch(re.escape(DEFAULT_RELEASE) + r"\+rope\.\w+", ours.version)
    assert Version(ours.version) in Requirement("transformers>=5").specifier
    assert Version(ours.version) in Requirement(f"transformers=={DEFAULT_RELEASE}").specifier

    def sorted_requirements(distribution) -> list[str]:
        requirements = []
        for line in distribution.requires:
            requirement = Requirement(line)
            requirements.append(f"{requirement.name}{requirement.specifier};{requirement.marker};{requirement.extras}")
        return sorted(requirements)

    assert sorted_requirements(ours) == sorted_requirements(theirs)
    assert sorted(ours.metadata.get_all("Provides-Extra")) == sorted(theirs.metadata.get_all("Provides-Extra"))
    assert [(point.group, point.name, point.value) for point in ours.entry_points] == [
        ("console_scripts", "transformers", "transformers.cli.transformers:main")
    ]


def test_every_package_of_upstream_is_packaged():
    arguments = setup_arguments(LAYOUT, DEFAULT_RELEASE)
    folders = {path.parent for path in (PRISTINE / "transformers").rglob("*.py")}
    assert {".".join(folder.relative_to(PRISTINE).parts) for folder in folders} <= set(arguments["packages"])


def test_pip_check_is_clean():
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_modules_are_real_files_of_the_fork():
    import transformers
    from transformers.models.llama import modeling_llama

    assert Path(transformers.__file__) == FORK / "transformers" / "__init__.py"
    source = inspect.getsource(modeling_llama.apply_rotary_pos_emb)
    assert "rotary_ndims" in source
    assert source in (FORK / "transformers/models/llama/modeling_llama.py").read_text()


WITHOUT_TORCH = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *others: None if name.partition(".")[0] == "torch" else find(name, *others)
sys.modules["torch"] = None
for name in sys.stdin.read().split():
    importlib.import_module(name)
"""


def test_configs_need_no_torch(release):
    """As on upstream: users of TensorFlow, Flax or only tokenizers may not have torch."""
    files = [file for file in built_files(LAYOUT, release) if "/configuration_" in file]
    names = [f"transformers.{file.removesuffix('.py').replace('/', '.')}" for file in files]
    line = LINES[line_of(release)]
    python = line.home / "bin" / "python"
    if not python.exists():
        pytest.skip(f"there is no {line.folder}: python3 utils/environment.py {release} makes it")
    command = [python, "-c", WITHOUT_TORCH]
    given = "\n".join(["transformers.modeling_rope_utils", *names])
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    assert names and done.returncode == 0, done.stderr


def test_models_pickle_and_auto_classes_find_them():
    import torch

    from transformers import AutoConfig, AutoModel, GPTNeoXModel

    config = AutoConfig.for_model(
        "gpt_neox", vocab_size=16, hidden_size=12, num_hidden_layers=1, num_attention_heads=4, intermediate_size=8,
        rotary_pct=1.0, max_position_embeddings=16, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    model = AutoModel.from_config(config).eval()
    assert type(model) is GPTNeoXModel
    tokens = torch.arange(5)[None]
    again = pickle.loads(pickle.dumps(model))
    assert torch.equal(again(tokens).last_hidden_state, model(tokens).last_hidden_state)


def test_remote_code_runs_on_the_fork(tmp_path):
    """A model whose code is next to its weights, loaded as from a hub, inherits the fork's rotary embedding."""
    import torch

    from transformers import AutoConfig, AutoModel

    (tmp_path / "modeling_mine.py").write_text(
        textwrap.dedent(
            """\
            from transformers import LlamaConfig, LlamaModel


            class MineConfig(LlamaConfig):
                model_type = "mine"


            class MineModel(LlamaModel):
                config_class = MineConfig
            """
        )
    )
    sizes = {
        "vocab_size": 16, "hidden_size": 12, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 8,
        "num_key_value_heads": 2, "head_dim": 3, "max_position_embeddings": 16, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip
    names = {"AutoConfig": "modeling_mine.MineConfig", "AutoModel": "modeling_mine.MineModel"}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "mine", "auto_map": names, **sizes}))
    config = AutoConfig.from_pretrained(tmp_path, trust_remote_code=True)
    model = AutoModel.from_config(config, trust_remote_code=True).eval()
    assert type(model).__name__ == "MineModel"
    assert model.rotary_emb.inv_freq.numel() == 1
    assert model(torch.arange(5)[None]).last_hidden_state.isfinite().all()


@pytest.mark.parametrize("decorated", [False, True])
def test_a_config_is_asked_for_its_rotary_width_once_with_or_without_strict(decorated, monkeypatch):
    """Remote code may subclass a config in any way: the fork warns once, if upstream validates the config."""
    from huggingface_hub.dataclasses import strict

    from transformers import LlamaConfig, modeling_rope_utils

    class MineConfig(LlamaConfig):
        model_type = "mine"

    config_class = strict(MineConfig) if decorated else MineConfig
    said = []
    monkeypatch.setattr(modeling_rope_utils.logger, "warning", said.append)
    for factor, message in ((0.25, "`partial_rotary_factor`=0.25 leaves one of 4 channels"), (1.5, "but is 1.5")):
        said.clear()
        config_class(hidden_size=16, num_attention_heads=4, rope_parameters={"partial_rotary_factor": factor})
        assert len(said) == decorated and all(message in text for text in said)


def test_a_slice_that_follows_from_a_factor_is_not_checked_separately(monkeypatch):
    """DeepSeek-V4 has factors by layer type; its slice follows from a default, which may differ from all of them."""
    from transformers import DeepseekV4Config, modeling_rope_utils

    said = []
    monkeypatch.setattr(modeling_rope_utils.logger, "warning", said.append)
    for factor in (0.5, 0.125):
        kinds = {kind: {"rope_type": "default", "partial_rotary_factor": factor} for kind in ("main", "compress")}
        DeepseekV4Config(head_dim=8, num_hidden_layers=2, rope_parameters=kinds)
    assert len(said) == 2 and all("`partial_rotary_factor`=0.125 leaves one of 8 channels" in text for text in said)


def test_a_factor_outside_the_layer_types_counts_for_all():
    """DeepSeek-V4 makes parameters by layer type from flat parameters."""
    from transformers import DeepseekV4Config

    config = DeepseekV4Config(head_dim=8, num_hidden_layers=2, rope_parameters={"partial_rotary_factor": 0.5})
    assert {kind["partial_rotary_factor"] for kind in config.rope_parameters.values()} == {0.5}
    assert config.qk_rope_head_dim == 4


def test_each_table_of_longrope_has_its_factor_from_phimoes_config():
    import torch

    from transformers import PhimoeConfig, PhimoeModel

    rope_parameters = {
        "rope_type": "longrope", "short_factor": [1.0], "long_factor": [2.0], "original_max_position_embeddings": 16,
        "short_mscale": 1.25, "long_mscale": 1.5,
    }  # fmt: skip
    sizes = {"hidden_size": 4, "num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 1}
    config = PhimoeConfig(intermediate_size=4, vocab_size=8, rope_parameters=rope_parameters, **sizes)
    rotary = PhimoeModel(config).rotary_emb
    for last, factor, slower in ((15, 1.25, 1.0), (16, 1.5, 2.0)):
        cos, sin = rotary(torch.zeros(1), position_ids=torch.tensor([[0, 1, last]]))
        assert cos[0, 0].tolist() == [factor, factor]
        torch.testing.assert_close(sin[0, 1], factor * torch.tensor([1 / slower] * 2).sin())


@pytest.mark.parametrize("release", known_releases(LAYOUT))
def test_every_pinned_release_is_locked(release):
    assert LAYOUT.lock(release).exists()
