"""The suite judges the code of the other framework and not PyTorch's: it catches errors that PyTorch does not have."""

import pytest

from transformers_conformance.core.results import judge_case
from transformers_conformance.rope import ROTARY, RotarySpec


CASE = (8, 4)


def judged(framework: str, name: str, case: tuple[int, int] = CASE) -> str:
    """The status of a property of GPT-J in a framework."""
    from tests.adapted import adapters

    model_class = adapters.adapted(getattr(adapters, framework), "GPTJModel")
    description = RotarySpec(model_class.config_class, model_class, "interleaved", rope_types=())
    return judge_case(ROTARY.properties[name], description, description.cases_of(*case)[0]).status


@pytest.mark.parametrize("framework", ["TensorFlow", "Flax"])
class TestAWrongRotationIsCaught:
    @pytest.fixture
    def module(self, framework):
        from transformers.models.gptj import modeling_flax_gptj, modeling_tf_gptj

        return {"TensorFlow": modeling_tf_gptj, "Flax": modeling_flax_gptj}[framework]

    @pytest.mark.parametrize("name", ["forward", "passing", "rotation", "positions"])
    def test_unless_it_is_right(self, framework, name):
        assert judged(framework, name) == "pass"

    def test_that_rotates_nothing(self, framework, module, monkeypatch):
        monkeypatch.setattr(module, "apply_rotary_pos_emb", lambda tensor, sincos: tensor)
        assert judged(framework, "forward") == judged(framework, "rotation") == "fail"

    def test_that_turns_backwards(self, framework, module, monkeypatch):
        right = module.apply_rotary_pos_emb
        monkeypatch.setattr(
            module, "apply_rotary_pos_emb", lambda tensor, sincos: right(tensor, (-sincos[0], sincos[1]))
        )
        assert judged(framework, "forward") == "pass"
        assert judged(framework, "rotation") == "fail"

    def test_that_crashes(self, framework, module, monkeypatch):
        monkeypatch.setattr(module, "apply_rotary_pos_emb", lambda tensor, sincos: tensor.turned)
        assert judged(framework, "forward") == "crash"

    def test_whose_table_has_another_width(self, framework, module, monkeypatch):
        right = module.create_sinusoidal_positions
        monkeypatch.setattr(module, "create_sinusoidal_positions", lambda count, width: right(count, width + 2))
        assert judged(framework, "forward", (8, 2)) != "pass"
