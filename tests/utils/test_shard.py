"""Shards of the models for several machines, and the merge of their results."""

import argparse
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runner import merge as merging
from runner.merge import merge, problems
from runner.shard import Shard, measured_seconds

from overlay.layout import DEFAULT_RELEASE, REPOSITORY


MODELS = st.lists(st.text("abc", min_size=1, max_size=3), unique=True)
SECONDS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.floats(0.01, 100))

on_a_busy_machine = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def parts(models: list[str], seconds: dict[str, float], count: int) -> list[list[str]]:
    return [Shard(index, count).of(models, seconds) for index in range(1, count + 1)]


@on_a_busy_machine
@given(MODELS, SECONDS, st.integers(1, 9))
def test_each_model_is_in_exactly_one_shard(models, seconds, count):
    found = parts(models, seconds, count)
    assert sorted(sum(found, [])) == sorted(models)
    for part in found:
        assert part == [model for model in models if model in part]


@on_a_busy_machine
@given(MODELS, SECONDS, st.integers(1, 9), st.randoms())
def test_the_shard_of_a_model_does_not_depend_on_the_order_of_models_or_of_times(models, seconds, count, random):
    others = random.sample(models, len(models))
    items = random.sample(sorted(seconds.items()), len(seconds))
    before, after = parts(models, seconds, count), parts(others, dict(items), count)
    assert list(map(set, before)) == list(map(set, after))


@on_a_busy_machine
@given(MODELS, SECONDS, st.integers(1, 9))
def test_no_shard_takes_longer_than_another_by_more_than_its_own_last_model(models, seconds, count):
    seconds = {model: seconds.get(model, 1.0) for model in models}
    loads = [sorted(seconds[model] for model in part) for part in parts(models, seconds, count)]
    for load in loads:
        assert sum(load[1:]) <= min(map(sum, loads)) + 1e-6


def test_without_times_models_take_turns_by_name():
    assert parts(["d", "b", "c", "a"], {}, 2) == [["c", "a"], ["d", "b"]]


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", ""])
def test_an_invalid_shard_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not I/N"):
        Shard.parse(text)


def test_times_are_those_of_all_cases(tmp_path):
    write(tmp_path / "phi.jsonl", seconds=1.5)
    write(tmp_path / "phi.jsonl", seconds=0.25)
    assert measured_seconds(tmp_path) == {"phi": 1.75}


def write(file: Path, **line) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    usual = {"model": file.stem, "case": {}, "property": "far", "status": "pass", "known": None, "place": None}
    with file.open("a") as out:
        out.write(json.dumps(usual | line) + "\n")


def test_results_of_shards_are_merged_by_model(tmp_path):
    write(tmp_path / f"one/{DEFAULT_RELEASE}-fork/phi.jsonl")
    write(tmp_path / f"two/{DEFAULT_RELEASE}-fork/llama.jsonl")
    write(tmp_path / f"two/{DEFAULT_RELEASE}-pristine/llama.jsonl")
    merged = merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    assert merged == {f"{DEFAULT_RELEASE}-fork": ["llama", "phi"], f"{DEFAULT_RELEASE}-pristine": ["llama"]}
    assert (tmp_path / f"all/{DEFAULT_RELEASE}-fork/phi.jsonl").read_bytes() == (
        tmp_path / f"one/{DEFAULT_RELEASE}-fork/phi.jsonl"
    ).read_bytes()
    assert (
        merge([tmp_path / "all", tmp_path / "one"], tmp_path / "all") == merged
    )  # a merge may be repeated, and may be in place


def test_results_that_contradict_each_other_are_refused(tmp_path):
    write(tmp_path / f"one/{DEFAULT_RELEASE}-fork/phi.jsonl")
    write(tmp_path / f"two/{DEFAULT_RELEASE}-fork/phi.jsonl", status="fail")
    with pytest.raises(ValueError, match="are results of one model and differ"):
        merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    assert not (tmp_path / "all").exists()
    with pytest.raises(ValueError, match="no results in"):
        merge([tmp_path], tmp_path / "all")


def test_a_listed_model_without_results_and_a_failure_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "listed_models", lambda root, release: ["glm", "phi"])
    monkeypatch.setattr(merging, "check", lambda subject, files, whole: [f"whole: {whole}"])
    write(tmp_path / f"{DEFAULT_RELEASE}-fork/phi.jsonl")
    write(tmp_path / f"{DEFAULT_RELEASE}-fork/phi.jsonl", status="fail", known="a bug")
    assert list(problems(f"{DEFAULT_RELEASE}-fork", ["phi"], tmp_path)) == [
        "glm: no shard has results; its run broke, or a shard is missing",
        "whole: True",
    ]
    write(tmp_path / f"{DEFAULT_RELEASE}-fork/phi.jsonl", status="crash")
    assert "phi: 1 cases fail, of far" in list(problems(f"{DEFAULT_RELEASE}-fork", ["phi"], tmp_path))
    assert "whole: False" in list(problems("5.0.0-pristine", [], tmp_path))  # only a sample of models is judged


def test_two_shards_judge_two_models_and_their_results_become_one_set(tmp_path):
    models = {"dinov3_vit", "parakeet"}
    subject, judged = f"{DEFAULT_RELEASE}-fork", set()
    for index in (1, 2):
        done = subprocess.run(
            [REPOSITORY / "run_tests", *models, "--shard", f"{index}/2"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (model,) = (model for model in models if f"[1/1] {model}: " in done.stdout)
        (tmp_path / str(index) / subject).mkdir(parents=True)
        shutil.copy(REPOSITORY / "build/results" / subject / f"{model}.jsonl", tmp_path / str(index) / subject)
        judged.add(model)
    assert judged == models
    assert merge([tmp_path / "1", tmp_path / "2"], tmp_path / "all") == {subject: sorted(models)}
    found = list(problems(subject, models, tmp_path / "all"))
    assert any("no shard has results" in one for one in found)  # the models that no shard judged
    assert not any(one.startswith(f"{model}:") for one in found for model in models)
