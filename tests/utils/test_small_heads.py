"""Heads for which a class's own `mrope_section` was not made: the model is built, as upstream builds it, and says so.
A section that the config states must fit."""

import importlib

import pytest
import torch
from transformers.models.cosmos3_edge.configuration_cosmos3_edge import Cosmos3EdgeTextConfig
from transformers.utils import logging as transformers_logging


FAMILY = [
    ("qwen2_vl", "Qwen2VLTextConfig", "Qwen2VLRotaryEmbedding"),
    ("qwen2_5_vl", "Qwen2_5_VLTextConfig", "Qwen2_5_VLRotaryEmbedding"),
    ("qwen2_5_omni", "Qwen2_5OmniTextConfig", "Qwen2_5OmniRotaryEmbedding"),
    ("qwen2_5_omni", "Qwen2_5OmniTalkerConfig", "Qwen2_5OmniRotaryEmbedding"),
    ("glm4v", "Glm4vTextConfig", "Glm4vTextRotaryEmbedding"),
    ("glm4v_moe", "Glm4vMoeTextConfig", "Glm4vMoeTextRotaryEmbedding"),
    ("glm_ocr", "GlmOcrTextConfig", "GlmOcrTextRotaryEmbedding"),
    ("glm_image", "GlmImageTextConfig", "GlmImageTextRotaryEmbedding"),
    ("paddleocr_vl", "PaddleOCRTextConfig", "PaddleOCRRotaryEmbedding"),
]
HEADS, HEAD_DIM = 4, 16
DEFAULT = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0}


def rotary(model: str, config: str, module: str, **parameters) -> torch.nn.Module:
    package = f"transformers.models.{model}"
    config_class = getattr(importlib.import_module(f"{package}.configuration_{model}"), config)
    sizes = {"hidden_size": HEADS * HEAD_DIM, "head_dim": HEAD_DIM, "num_attention_heads": HEADS}
    made = config_class(**sizes, num_key_value_heads=HEADS, rope_parameters=DEFAULT | parameters)
    return getattr(importlib.import_module(f"{package}.modeling_{model}"), module)(config=made)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "mrope_section" in record.getMessage()]


@pytest.fixture
def logged(caplog):
    """What the library logs, each record once: where `CI` is set, its logger propagates to pytest's own handler."""
    logger = transformers_logging.get_logger("transformers")
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)
    logger.propagate = propagate


@pytest.mark.parametrize(("model", "config", "module"), FAMILY)
def test_a_section_that_no_config_states_is_warned_of_once(model, config, module, logged):
    assert len(rotary(model, config, module).inv_freq) == HEAD_DIM // 2
    assert len(warnings_of(logged)) == 1


@pytest.mark.parametrize(("model", "config", "module"), FAMILY)
def test_a_stated_section_that_fits_is_taken_in_silence(model, config, module, logged):
    made = rotary(model, config, module, mrope_section=[2, 3, 3])
    assert made.mrope_section == [2, 3, 3]
    x = torch.zeros(1, 5, HEADS * HEAD_DIM)
    places = torch.arange(5).expand(3, 1, -1)
    angles = places[0, 0][:, None].float() * made.inv_freq
    for table, expected in zip(made(x, places), (angles.cos(), angles.sin()), strict=True):
        assert {tuple(row) for row in expected.T.tolist()} == {tuple(row) for row in table[0].T.tolist()}
    assert not warnings_of(logged)


@pytest.mark.parametrize(("model", "config", "module"), FAMILY)
@pytest.mark.parametrize("sections", [[2, 3, 2], [8, 12, 12], [16, 24, 24], [3, 3, 3]])
def test_a_stated_section_that_does_not_sum_is_refused(model, config, module, sections):
    pattern = rf"`mrope_section`=\[{', '.join(map(str, sections))}\] must sum to the {HEAD_DIM // 2} pairs"
    with pytest.raises(ValueError, match=pattern):
        rotary(model, config, module, mrope_section=sections)


@pytest.mark.parametrize(("model", "config", "module"), FAMILY)
def test_sections_of_a_whole_head_beside_a_factor_are_cut_with_a_warning(model, config, module, logged):
    """Upstream ignores the factor here and loads: so does the fork, by which text rotates as the factor says."""
    made = rotary(model, config, module, mrope_section=[2, 3, 3], partial_rotary_factor=0.5)
    assert made.mrope_section == [2, 2, 0]
    places = torch.arange(5).expand(3, 1, -1)
    cosines = made(torch.zeros(1, 5, HEADS * HEAD_DIM), places)[0]
    angles = places[0, 0][:, None].float() * made.inv_freq
    assert {tuple(row) for row in angles.cos().T.tolist()} == {tuple(row) for row in cosines[0].T.tolist()}
    assert len(warnings_of(logged)) == 1


def test_default_sections_of_a_config_do_not_refuse_a_factor():
    assert Cosmos3EdgeTextConfig(partial_rotary_factor=0.5).rope_parameters["mrope_section"] == [24, 20, 20]
