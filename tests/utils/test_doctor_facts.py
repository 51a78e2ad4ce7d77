"""What `models.json` says of releases is what their config classes do."""

import doctor_facts
import pytest

from overlay.layout import DEFAULT_RELEASE
from transformers_conformance.doctor.models import all_models, has_no_rope, measured_release, model
from transformers_conformance.doctor.releases import Reader


SAMPLE = ("llama", "gpt_neox", "phi3", "gemma3_text", "gemma4_text", "olmo3", "modernbert", "deepseek_v3", "apertus")
SAMPLE += ("dbrx", "qwen2_vl", "qwen2_vl_text", "qwen2_vl_vision", "glm4v", "minimax", "bert")


@pytest.fixture(scope="module")
def measured() -> dict[Reader, dict]:
    upstream, fork = doctor_facts.measured(*SAMPLE)
    return {"5.x": upstream["models"], "fork": fork["models"]}


def test_the_file_is_of_the_newest_release():
    assert measured_release() == DEFAULT_RELEASE
    assert len(all_models()) > 300
    assert has_no_rope("bert") and not has_no_rope("llama")


@pytest.mark.parametrize("reader", ["5.x", "fork"])
@pytest.mark.parametrize("name", SAMPLE)
def test_every_answer_is_the_measured_one(measured, name, reader):
    facts, known = measured[reader][name], model(name)
    if not facts["rope"]:  # a model without RoPE, or with a text that has it
        assert has_no_rope(name) or known.parts
        return
    assert dict(known.rope) == facts["rope"]
    assert dict(known.sizes) == facts["sizes"]
    assert known.head_dim == facts["head_dim"]
    for key, kinds in facts["reads"].items():
        if kinds is not None:  # the class refused the probe
            assert set(known.counts_for(*key.split("|"), reader)) == set(kinds), key


def test_a_class_that_reads_otherwise_is_found(measured):
    """A negative control: the two builds differ, so an answer for one is wrong for the other."""
    reads = {key: kinds for key, kinds in measured["5.x"]["olmo3"]["reads"].items() if kinds is not None}
    on_fork = {key: model("olmo3").counts_for(*key.split("|"), "fork") for key in reads}
    assert "rope_theta|" in {key for key, kinds in reads.items() if set(on_fork[key]) != set(kinds)}
