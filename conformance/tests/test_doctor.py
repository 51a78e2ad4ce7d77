"""The doctor says of each published shape what it must."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from doctor_shapes import LLAMA, RULES, SHAPES
from typer.testing import CliRunner

from transformers_conformance.doctor import diagnosis
from transformers_conformance.doctor.command import app
from transformers_conformance.doctor.diagnosis import diagnose
from transformers_conformance.doctor.geometry import parts, read
from transformers_conformance.doctor.models import all_models, measured_release, model
from transformers_conformance.doctor.releases import release_of


UPSTREAM = release_of(measured_release())


def diagnosis_of(folder: Path, config: dict):
    file = folder / "config.json"
    file.write_text(json.dumps(config, indent=2))
    return diagnose(file, UPSTREAM)


@pytest.mark.parametrize("name", SHAPES)
def test_published_shapes(tmp_path, name):
    shape = SHAPES[name]
    found = diagnosis_of(tmp_path, shape.config)
    layers = {
        one.name: (one.head_dim, one.rotary_ndims, one.base, one.rope_type, one.parameters.get("factor"))
        for one in found.layers
        if one.rope_type != "axial"
    }
    assert layers == shape.layers
    assert {finding.rule for finding in found.findings} == shape.rules
    assert bool(found.fixed) == shape.fixed


# --- rules, each with a value that it is silent about ----------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_it_is_about_and_nothing_else(tmp_path, rule):
    wrong, right = ({one.rule for one in diagnosis_of(tmp_path, LLAMA | x).findings} for x in RULES[rule])
    assert rule in wrong
    assert rule not in right


OF_CLASSES = ("type-not-taken", "no-length", "no-parameters-for-layer-type", "not-by-layer-type")


def test_every_rule_is_tested():
    files = Path(diagnosis.__file__).parent.glob("*rules.py")
    named = {name for file in files for name in re.findall(r'Finding\(\s*"([a-z-]+)"', file.read_text())}
    tested = {*RULES, *(rule for shape in SHAPES.values() for rule in shape.rules)}
    assert named - tested == {*OF_CLASSES}


def test_rules_about_classes(tmp_path):
    phi3 = SHAPES["Phi-3.5 mini"].config | {"rope_scaling": {"type": "linear", "factor": 2.0}}
    assert "type-not-taken" in {one.rule for one in diagnosis_of(tmp_path, phi3).findings}
    gemma = dict(SHAPES["Gemma 3 of 5.x"].config)
    flat = gemma | {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1.0}}
    assert "not-by-layer-type" in {one.rule for one in diagnosis_of(tmp_path, flat).findings}
    assert "not-by-layer-type" not in {one.rule for one in diagnosis_of(tmp_path, gemma).findings}
    gemma["rope_parameters"] = {"full_attention": gemma["rope_parameters"]["full_attention"]}
    assert "no-parameters-for-layer-type" in {one.rule for one in diagnosis_of(tmp_path, gemma).findings}
    length = "max_position_embeddings"
    without = next(name for name in all_models() if model(name).rope and length not in model(name).sizes)
    scaled = {"model_type": without, "rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}
    assert "no-length" in {one.rule for one in diagnosis_of(tmp_path, scaled).findings}


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.fixed])
def test_a_fixed_config_has_no_finding_that_can_be_fixed(tmp_path, name):
    """The same rotation, and all releases of 5.x agree on it."""
    found = diagnosis_of(tmp_path, SHAPES[name].config)
    (tmp_path / "config.json").write_text(found.fixed)
    again = diagnose(tmp_path / "config.json", UPSTREAM)
    assert not again.fixed
    assert {one.rule for one in again.findings} <= {"length-order"}
    for one in parts(json.loads(found.fixed)):
        results = [[layers.result() for layers in read(one, reader)] for reader in ("5.x", "fork")]
        assert results[0] == results[1]


def test_parameters_that_the_writing_release_ignores_are_not_fixed_away(tmp_path):
    """Olmo 3 keeps parameters by layer type. Upstream 5.x ignores YaRN here; the writer may have meant it or not."""
    yarn = {"rope_type": "yarn", "rope_theta": 5e5, "factor": 8.0, "original_max_position_embeddings": 8192}
    sizes = {"hidden_size": 64, "num_attention_heads": 4, "max_position_embeddings": 65536}
    config = {"model_type": "olmo3", "rope_parameters": yarn, "transformers_version": "5.1.0", **sizes}
    found = diagnosis_of(tmp_path, config)
    assert "not-by-layer-type" in {one.rule for one in found.findings}
    assert found.fixed == ""


def test_heads_of_an_encoder_have_the_width_of_its_embeddings(tmp_path):
    """Qwen2-VL states the width of the text as `hidden_size` of its encoder."""
    vision = {"embed_dim": 32, "num_heads": 2, "hidden_size": 64}
    found = diagnosis_of(tmp_path, SHAPES["Qwen2-VL"].config | {"vision_config": vision})
    assert {one.name: one.head_dim for one in found.layers} == {"all layers": 16, "vision_config": 16}


def test_advice_can_be_followed(tmp_path):
    """It names the length that fits a factor, and promises no common form where the doctor knows none."""
    wrong = LLAMA | RULES["factor-and-lengths"][0]
    (finding,) = diagnosis_of(tmp_path, wrong).findings
    assert "write `max_position_embeddings`=3072;" in finding.advice
    assert not diagnosis_of(tmp_path, wrong | {"max_position_embeddings": 3072}).findings
    (finding,) = diagnosis_of(tmp_path, SHAPES["MiniMax-Text-01"].config).findings
    assert "knows no form" in finding.advice
    (finding,) = diagnosis_of(tmp_path, SHAPES["Llama with a share"].config).findings
    assert "knows no form" not in finding.advice


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(diagnosis, "installed_release", lambda: UPSTREAM)
    return lambda *words: CliRunner().invoke(app, ["doctor", *words])


def write(folder: Path, config: dict) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    return folder


def test_the_exit_status(run, tmp_path):
    right, wrong = write(tmp_path / "right", LLAMA), write(tmp_path / "wrong", LLAMA | {"rotary_pct": 0.5})
    assert run("right").exit_code == 0
    assert run("wrong", "right").exit_code == 1
    assert run("right", "wrong", "nowhere").exit_code == 2
    assert "nowhere: cannot be read, not-found" in run("nowhere").stdout
    assert (right / "config.json").exists() and (wrong / "config.json").exists()


def test_plain_text_says_where_each_value_comes_from(run, tmp_path):
    write(tmp_path, SHAPES["Llama 3.1"].config)
    said = run(".").stdout
    assert re.search(r"rotary_ndims +16 +hidden_size / num_attention_heads", said)
    assert re.search(r"base +500000 +rope_theta", said)
    assert re.search(r"factor +8 +rope_scaling.factor", said)
    assert "nothing found" in said and "\x1b" not in said


def test_json_is_complete(run, tmp_path):
    write(tmp_path, LLAMA | {"rotary_pct": 0.5})
    (found,) = json.loads(run("--json", ".").stdout)
    assert found["layers"][0]["rotary_ndims"] == 16
    assert [one["rule"] for one in found["findings"]] == ["ignored-key"]
    assert '-  "rotary_pct": 0.5' in found["diff"]


def test_fix_writes_beside_the_file_and_never_over_one(run, tmp_path):
    folder = write(tmp_path / "wrong", LLAMA | {"rotary_pct": 0.5})
    before = (folder / "config.json").read_bytes()
    assert run("--fix", "wrong").exit_code == 1
    fixed = folder / "config.fixed.json"
    assert json.loads(fixed.read_text()) == dict(LLAMA)
    fixed.write_text("mine")
    assert "exists, and is left as it is" in run("--fix", "wrong").output
    assert (fixed.read_text(), (folder / "config.json").read_bytes()) == ("mine", before)


def test_without_fix_nothing_is_written(run, tmp_path):
    write(tmp_path / "wrong", LLAMA | {"rotary_pct": 0.5})
    run("wrong")
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["config.json", "wrong"]


def test_a_folder_of_many_gives_a_table(run, tmp_path):
    for index in range(30):
        write(tmp_path / f"model {index:02}", LLAMA | ({} if index % 3 else {"rotary_pct": 0.5}))
    (tmp_path / "model 01" / "config.json").write_text("{")
    said = run(".").stdout
    assert "30 files: 19 without findings, 10 with findings, 1 that cannot be read" in said
    assert "model 03/config.json" in said and "cut-off" in said and "model 02/config.json" not in said


def test_a_table_cuts_no_name(run, tmp_path):
    name = "a-long-name-" * 12
    for index in range(6):
        write(tmp_path / f"{name}{index}", LLAMA | {"rotary_pct": 0.5})
    said = run(".").stdout
    assert "…" not in said and said.count("a-") >= 6


def test_a_cache_of_the_hub(run, tmp_path):
    repository = tmp_path / "hub" / "models--a--b"
    write(repository / "blobs", LLAMA)
    (repository / "blobs" / "config.json").rename(repository / "blobs" / "0123")
    (repository / "snapshots" / "abc").mkdir(parents=True)
    (repository / "snapshots" / "abc" / "config.json").symlink_to("../../blobs/0123")
    (found,) = json.loads(run("--json", "hub").stdout)
    assert found["path"] == "hub/models--a--b/snapshots/abc/config.json" and found["layers"]


def test_other_json_files_of_a_folder_count_only_if_there_is_no_config(run, tmp_path):
    (tmp_path / "llama.json").write_text(json.dumps(dict(LLAMA)))
    (tmp_path / "tokenizer.json").write_text("{}")
    assert [one["path"] for one in json.loads(run("--json", ".").stdout)] == ["llama.json"]
    write(tmp_path, LLAMA)
    assert [one["path"] for one in json.loads(run("--json", ".").stdout)] == ["config.json"]


@pytest.mark.parametrize(
    ("name", "error"), [("model.safetensors", "is-weights"), ("empty", "no-config"), ("nothing", "not-found")]
)
def test_paths_without_a_config(run, tmp_path, name, error):
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "empty").mkdir()
    assert json.loads(run("--json", name).stdout)[0]["error"]["name"] == error


def test_the_folder_of_an_adapter(run, tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    assert "no-config: the folder has an adapter only" in run(".").stdout


def test_a_model_without_rope_and_one_that_nobody_knows(run, tmp_path):
    write(tmp_path / "bert", {"model_type": "bert", "hidden_size": 64, "num_attention_heads": 4})
    write(tmp_path / "own", LLAMA | {"model_type": "my_own_model"})
    write(tmp_path / "alibi", SHAPES["Falcon-RW"].config)
    said = run("bert", "own", "alibi")
    assert said.exit_code == 0
    assert "the model does not rotate, because of `alibi`=True" in said.stdout
    assert re.search(r"rope_type +default +the usual value", said.stdout)
    assert "reads no RoPE keys" in said.stdout and "not known to this doctor" in said.stdout


def test_nothing_steers_the_terminal(run, tmp_path):
    write(tmp_path, LLAMA | {"rope_scaling": {"rope_type": "\x1b[2J[red]x[/]", "\x1b]0;a\x07": 1}})
    said = run(".").stdout
    assert "\x1b" not in said and "\x07" not in said and "[red]x[/]" in said


BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "huggingface_hub"):
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Blocker())
from transformers_conformance.doctor.command import main
main()
"""


def test_it_works_without_torch_and_transformers_and_runs_no_code_of_the_folder(tmp_path):
    write(tmp_path, LLAMA | {"auto_map": {"AutoConfig": "configuration_own.OwnConfig"}})
    trap = "open('trapped', 'w').close()"
    for name in ("configuration_own.py", "torch.py", "transformers.py", "rich.py", "sitecustomize.py"):
        (tmp_path / name).write_text(trap)
    (tmp_path / "pytorch_model.bin").write_bytes(b"cbuiltins\nexec\n(S'" + trap.encode() + b"'\ntR.")
    done = subprocess.run(
        [sys.executable, "-P", "-c", BLOCKED, "doctor", "."], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing found" in done.stdout
    assert not (tmp_path / "trapped").exists()
