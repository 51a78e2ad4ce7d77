"""Heads that do not fit the default `mrope_section` of a class: the model is built as upstream, with a warning.

A section that the config states must fit. If the axes are interleaved, a section with more pairs is accepted too, as
upstream accepts it.
"""

import importlib

import pytest
import torch
from transformers.models.cohere_compass.configuration_cohere_compass import CohereCompassTextConfig
from transformers.models.cohere_compass.modeling_cohere_compass import CohereCompassRotaryEmbedding
from transformers.models.cosmos3_edge.configuration_cosmos3_edge import Cosmos3EdgeTextConfig


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
IN_TURNS = [
    ("qwen3_vl", "Qwen3VLTextConfig", "Qwen3VLTextRotaryEmbedding"),
    ("qwen3_vl_moe", "Qwen3VLMoeTextConfig", "Qwen3VLMoeTextRotaryEmbedding"),
    ("qwen3_omni_moe", "Qwen3OmniMoeTextConfig", "Qwen3OmniMoeThinkerTextRotaryEmbedding"),
    ("qwen3_5", "Qwen3_5TextConfig", "Qwen3_5TextRotaryEmbedding"),
    ("qwen3_5_moe", "Qwen3_5MoeTextConfig", "Qwen3_5MoeTextRotaryEmbedding"),
    ("qwen4_exp", "Qwen4ExpTextConfig", "Qwen4ExpTextRotaryEmbedding"),
]
IN_COUPLES = [("ernie4_5_vl_moe", "Ernie4_5_VLMoeTextConfig", "Ernie4_5_VLMoeTextRotaryEmbedding")]
INTERLEAVED = ("glm4v", "glm_ocr")  # pairs are neighbours, not halves
OF_FOUR_AXES = [("hunyuan_vl", "HunYuanVLTextConfig", "HunYuanVLRotaryEmbedding")]
HEADS, HEAD_DIM = 4, 16
DEFAULT = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0}


def rotary(model: str, config: str, module: str, head_dim: int = HEAD_DIM, **parameters) -> torch.nn.Module:
    package = f"transformers.models.{model}"
    config_class = getattr(importlib.import_module(f"{package}.configuration_{model}"), config)
    sizes = {"hidden_size": HEADS * head_dim, "head_dim": head_dim, "num_attention_heads": HEADS}
    made = config_class(**sizes, num_key_value_heads=HEADS, rope_parameters=DEFAULT | parameters)
    return getattr(importlib.import_module(f"{package}.modeling_{model}"), module)(config=made)


def angles_of(made: torch.nn.Module, places: torch.Tensor) -> set[tuple[float, ...]]:
    """The cosines of each pair of a table, found by its channel, at positions on all axes."""
    cosines = made(torch.zeros(1, places.shape[-1], HEADS * HEAD_DIM), places)[0]
    return {tuple(channel) for channel in cosines[0].T.tolist()}


def require_text_turned(made: torch.nn.Module) -> None:
    """Text, whose positions are the same on all axes, turns by the table, pair by pair."""
    axes = len(made.mrope_section) if isinstance(made.mrope_section, list) else 3
    text = torch.arange(5).expand(axes, 1, -1)
    angles = torch.arange(5)[:, None].float() * made.inv_freq
    assert angles_of(made, text) == {tuple(channel) for channel in angles.cos().T.tolist()}


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "mrope_section" in record.getMessage()]


@pytest.mark.parametrize(("model", "config", "module"), FAMILY + IN_TURNS + IN_COUPLES)
@pytest.mark.parametrize("head_dim", [2, 6, HEAD_DIM, 256])
def test_a_default_section_that_does_not_fit_gives_one_warning(model, config, module, head_dim, logged):
    made = rotary(model, config, module, head_dim)
    assert len(made.inv_freq) == head_dim // 2
    require_text_turned(made)
    assert len(warnings_of(logged)) == 1


@pytest.mark.parametrize(("model", "config", "module"), FAMILY + IN_TURNS + IN_COUPLES)
@pytest.mark.parametrize("factor", [0.0, 0.25, 0.5])
def test_a_factor_with_default_sections_counts(model, config, module, factor, logged):
    """Upstream builds and runs the model, with or without the factor."""
    made = rotary(model, config, module, 128, partial_rotary_factor=factor)
    assert len(made.inv_freq) == 64 * factor
    require_text_turned(made)
    assert len(warnings_of(logged)) <= 1


@pytest.mark.parametrize(("model", "config", "module"), FAMILY + IN_TURNS + IN_COUPLES)
def test_heads_that_the_class_was_made_for_take_its_own_sections_in_silence(model, config, module, logged):
    """Some classes were made for heads of 128 channels, and some for a half or a quarter of a head."""
    silent = []
    for head_dim in (64, 128):
        made = rotary(model, config, module, head_dim)
        if not warnings_of(logged):
            silent.append(head_dim)
            assert sum(made.mrope_section) == head_dim // 2
        logged.clear()
    assert len(silent) == 1


def test_so_do_heads_of_each_layer_type(logged):
    sizes = {"hidden_size": HEADS * 128, "head_dim": 128, "num_attention_heads": HEADS}
    kinds = ("full_attention", "sliding_attention")
    config = CohereCompassTextConfig(**sizes, rope_parameters={kind: dict(DEFAULT) for kind in kinds})
    made = CohereCompassRotaryEmbedding(config)
    assert made.mrope_section and all(sum(sections) == 64 for sections in made.mrope_section.values())
    assert not warnings_of(logged)


@pytest.mark.parametrize(("model", "config", "module"), FAMILY)
def test_a_stated_section_that_fits_gives_no_warning(model, config, module, logged):
    made = rotary(model, config, module, mrope_section=[2, 3, 3])
    assert made.mrope_section == [2, 3, 3]
    x = torch.zeros(1, 5, HEADS * HEAD_DIM)
    places = torch.arange(5).expand(3, 1, -1)
    angles = places[0, 0][:, None].float() * made.inv_freq
    for table, expected in zip(made(x, places), (angles.cos(), angles.sin()), strict=True):
        assert {tuple(row) for row in expected.T.tolist()} == {tuple(row) for row in table[0].T.tolist()}
    assert not warnings_of(logged)


@pytest.mark.parametrize(("model", "config", "module"), FAMILY + IN_COUPLES)
@pytest.mark.parametrize("sections", [[2, 3, 2], [8, 12, 12], [16, 24, 24], [3, 3, 3]])
def test_a_stated_section_that_does_not_sum_is_refused(model, config, module, sections):
    pattern = rf"`mrope_section`=\[{', '.join(map(str, sections))}\] must sum to the {HEAD_DIM // 2} pairs"
    with pytest.raises(ValueError, match=pattern):
        rotary(model, config, module, mrope_section=sections)


@pytest.mark.parametrize(("model", "config", "module"), FAMILY)
def test_sections_of_a_whole_head_with_a_factor_are_cut_with_a_warning(model, config, module, logged):
    """Upstream ignores the factor and loads. The fork loads too, and text rotates by the factor."""
    made = rotary(model, config, module, mrope_section=[2, 3, 3], partial_rotary_factor=0.5)
    assert made.mrope_section == [2, 2, 0]
    places = torch.arange(5).expand(3, 1, -1)
    cosines = made(torch.zeros(1, 5, HEADS * HEAD_DIM), places)[0]
    angles = places[0, 0][:, None].float() * made.inv_freq
    assert {tuple(row) for row in angles.cos().T.tolist()} == {tuple(row) for row in cosines[0].T.tolist()}
    assert len(warnings_of(logged)) == 1


@pytest.mark.parametrize(("model", "config", "module"), IN_COUPLES)
def test_stated_sections_that_do_not_fit_interleaved_axes_are_refused(model, config, module):
    """Upstream crashes when it stacks height and width, or leaves no pairs for time."""
    for sections in ([2, 4, 2], [4, 4, 0]):
        with pytest.raises(ValueError, match="must sum to the 8 pairs .* equal"):
            rotary(model, config, module, mrope_section=sections)


@pytest.mark.parametrize(("model", "config", "module"), IN_COUPLES)
def test_couples_of_a_whole_head_with_a_factor_are_cut_with_a_warning(model, config, module, logged):
    for sections in ([3, 3, 2], [2, 2, 4]):
        made = rotary(model, config, module, mrope_section=sections, partial_rotary_factor=0.5)
        height, width, time = made.mrope_section
        assert height == width and time >= 1 and sum(made.mrope_section) == 4
        require_text_turned(made)
    assert len(warnings_of(logged)) == 2


@pytest.mark.parametrize(("model", "config", "module"), IN_TURNS)
@pytest.mark.parametrize("sections", [[2, 3, 2], [1, 1, 1], [0, 0, 0]])
def test_stated_interleaved_sections_that_leave_pairs_without_an_axis_are_refused(model, config, module, sections):
    """Upstream gives these pairs to time."""
    pattern = rf"`mrope_section`=\[{', '.join(map(str, sections))}\] must sum to the {HEAD_DIM // 2} pairs"
    with pytest.raises(ValueError, match=pattern):
        rotary(model, config, module, mrope_section=sections)


@pytest.mark.parametrize(("model", "config", "module"), IN_TURNS)
@pytest.mark.parametrize("sections", [[16, 8, 8], [3, 3, 3], [0, 4, 4]])
def test_stated_interleaved_sections_of_more_pairs_give_a_warning(model, config, module, sections, logged):
    """Upstream's own tests state `[16, 8, 8]` for 4 pairs. Text is right, and the axes of images share the 4 pairs."""
    made = rotary(model, config, module, mrope_section=sections)
    require_text_turned(made)
    (warning,) = warnings_of(logged)
    assert f"`mrope_section`={sections} shares the 8 pairs" in warning
    # A position on only one axis shows which pairs this axis turns
    shares = []
    for axis in range(3):
        places = torch.zeros(3, 1, 5, dtype=torch.long)
        places[axis] = torch.arange(5)
        cosines = made(torch.zeros(1, 5, HEADS * HEAD_DIM), places)[0][0, :, : HEAD_DIM // 2]
        shares.append(int((cosines != 1).any(0).sum()))
    assert f" as {shares}: " in warning


@pytest.mark.parametrize(("model", "config", "module"), OF_FOUR_AXES)
def test_sections_of_a_whole_head_on_four_axes_are_cut_with_a_warning(model, config, module, logged):
    made = rotary(model, config, module, mrope_section=[2, 2, 2, 2], partial_rotary_factor=0.5)
    assert made.mrope_section == [2, 2, 0, 0]
    require_text_turned(made)
    assert len(warnings_of(logged)) == 1
    with pytest.raises(ValueError, match=r"`mrope_section`=\[2, 2, 2, 1\] must sum to the 4 pairs"):
        rotary(model, config, module, mrope_section=[2, 2, 2, 1], partial_rotary_factor=0.5)


@pytest.mark.parametrize(("model", "config", "module"), FAMILY + IN_TURNS + OF_FOUR_AXES)
def test_both_channels_of_a_pair_turn_by_the_same_axis(model, config, module):
    """R1: if the channels of a pair turn by different angles, this is not a rotation."""
    sections = [2, 2, 2, 2] if model == "hunyuan_vl" else [2, 3, 3]
    made = rotary(model, config, module, mrope_section=sections)
    places = torch.arange(len(sections))[:, None, None] * 7 + torch.arange(5)
    cosines, sines = (table[0] for table in made(torch.zeros(1, 5, HEADS * HEAD_DIM), places))
    if model in INTERLEAVED:
        first, second = slice(0, None, 2), slice(1, None, 2)
    else:
        first, second = slice(None, HEAD_DIM // 2), slice(HEAD_DIM // 2, None)
    if cosines.shape[-1] == HEAD_DIM:  # other tables have each angle once
        assert torch.equal(cosines[:, first], cosines[:, second]) and torch.equal(sines[:, first], sines[:, second])
    axis_of_pair = [axis for axis, share in enumerate(sections) for _ in range(share)]
    if (model, config, module) in FAMILY + OF_FOUR_AXES:
        angles = places[axis_of_pair, 0].T * made.inv_freq
        assert torch.allclose(cosines[:, first], angles.cos())


def test_default_sections_of_a_config_do_not_refuse_a_factor():
    assert Cosmos3EdgeTextConfig(partial_rotary_factor=0.5).rope_parameters["mrope_section"] == [24, 20, 20]
