"""A new topic needs no change of the suite. The topic here has one property, which is not about rotary embeddings."""

import unittest
from dataclasses import dataclass

import torch

from tiny_rope import TinyAttention, TinyRopeConfig, TinyRopeModel
from transformers_conformance.core.expected_failure import ExpectedFailure
from transformers_conformance.core.mixins import JudgedTestMixin, with_tests
from transformers_conformance.core.property import Topic
from transformers_conformance.harness.model_spec import ModelSpec
from transformers_conformance.harness.probe import run_model
from transformers_conformance.harness.sizes import VOCAB_SIZE
from transformers_conformance.harness.tiny import model_of


CAUSAL = Topic(lambda index, name, axes: f"test_masks_{name}_{axes['tokens']}_tokens", {"tokens": None})


@dataclass(frozen=True)
class Prompt:
    """A case: a row of some tokens."""

    tokens: int
    head_dim: int = 4

    @property
    def parameters(self):
        return {"tokens": self.tokens}

    @property
    def filters(self):
        return {"tokens": [str(self.tokens)]}


class CausalSpec(ModelSpec):
    def cases(self, axes):
        return [Prompt(axes["tokens"])]


@CAUSAL.register("M1", [{"tokens": tokens} for tokens in (2, 5)])
def check_future(spec, case, verdict):
    """The output of a token does not depend on later tokens."""
    model = model_of(spec, spec.config_values(case))
    row = torch.arange(4, 4 + case.tokens)[None]
    outputs = [
        run_model(model, tokens, None) for tokens in (row, (row + torch.eye(case.tokens)[-1].long()) % VOCAB_SIZE)
    ]
    verdict.require_close("outputs of earlier tokens", *(x[:, :-1].detach().numpy() for x in outputs), 0.0)


@with_tests
class CausalTestMixin(JudgedTestMixin):
    topic = CAUSAL
    spec: CausalSpec

    @classmethod
    def model_spec(cls):
        return cls.spec


class SeesAll(TinyAttention):
    def attend(self, q, k, v, mask):
        return super().attend(q, k, v, torch.ones_like(mask))


class SeesAllModel(TinyRopeModel):
    attention_class = SeesAll


def outcome(model_class: type, **attributes) -> unittest.TestResult:
    spec = CausalSpec(TinyRopeConfig, model_class)
    case = type("CausalTest", (CausalTestMixin, unittest.TestCase), {"spec": spec} | attributes)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.testsRun == 2
    return result


def test_a_right_model_passes():
    assert outcome(TinyRopeModel).wasSuccessful()


def test_a_wrong_model_fails_with_the_rule_and_a_snippet():
    texts = [text for _, text in outcome(SeesAllModel).failures]
    assert len(texts) == 2
    assert all(
        "M1, future: SeesAllModel, tokens=" in text and "SeesAllModel(TinyRopeConfig(" in text for text in texts
    )


def test_expected_failures_pick_cases_by_the_topic_s_own_filters():
    known = ExpectedFailure(reason="why", properties=("future",), filters={"tokens": ["5"]})
    assert len(outcome(SeesAllModel, expected_failures=(known,)).failures) == 1
