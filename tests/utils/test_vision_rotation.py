"""Rotations and tables of encoders: equal to pristine's, bit for bit, at widths where pristine is right (R7), and
whole pairs at all other widths (R1, R4).

Tests that compare both trees run definitions outside their packages, in one process. Others run the installed fork.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from tests.utils.upstream_rope import fork, load, rotated, tree


HEADS, POSITIONS = 2, 5
Heads = tuple[torch.Tensor, ...]  # of shape [1, heads, positions, head_dim]


@dataclass(frozen=True)
class Rotation:
    """A function that rotates, its layout, and its call on q and k with `angles` [positions, pairs] in a dtype."""

    file: str
    name: str
    layout: str
    call: Callable[[Callable, Heads, torch.Tensor, torch.dtype], Heads]

    @property
    def label(self) -> str:
        return f"{self.file.split('/')[-2]}::{self.name}"


def halves(angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def neighbours(angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    angles = angles.repeat_interleave(2, -1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def positions_first(table: Callable) -> Callable:
    def call(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
        made = function(*(x[0].transpose(0, 1) for x in heads), *table(angles, dtype))
        return tuple(x.transpose(0, 1)[None] for x in made)

    return call


def plain(table: Callable, *further: object) -> Callable:
    return lambda function, heads, angles, dtype: function(*heads, *table(angles, dtype), *further)


def behind_a_prefix(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    """Class and register tokens have no positions, and do not change."""
    made = function(*(torch.cat((x[..., -2:, :], x), dim=-2) for x in heads), *halves(angles, dtype))
    assert all(torch.equal(y[..., :2, :], x[..., -2:, :].to(y)) for x, y in zip(heads, made, strict=True))
    return tuple(x[..., 2:, :] for x in made)


def before_keys_without_positions(*repeats: object) -> Callable:
    def call(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
        q, k = heads
        table = neighbours(angles, dtype)
        q, made = function(q, torch.cat((k, k, k[..., :1, :]), dim=-2), *table, *repeats)
        assert torch.equal(made[..., -1:, :], k[..., :1, :])
        assert torch.equal(made[..., :POSITIONS, :], made[..., POSITIONS:-1, :])
        return q, made[..., :POSITIONS, :]

    return call


def across(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    """Keys of two frames, each with a token for its time before the tokens of its positions; and one other key."""
    q, k = heads
    table = neighbours(angles, dtype)
    time = k[..., -1:, :]
    q, made = function(q, torch.cat((time, k, time, k, time), dim=-2), *table, *table, 1, 2)
    frames = made[..., :-1, :].unflatten(-2, (2, POSITIONS + 1))
    assert torch.equal(made[..., -1:, :], time) and torch.equal(frames[..., :1, :], torch.stack((time, time), dim=2))
    assert torch.equal(frames[:, :, 0], frames[:, :, 1])
    return q, frames[:, :, 0, 1:]


def apart(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    """The function returns pairs in two halves; for the comparison, they are made neighbours again."""
    width = 2 * angles.shape[-1]
    alone, nothing = function(heads[0], None, *(x[None] for x in halves(angles, dtype)))
    made = function(*heads, *(x[None] for x in halves(angles, dtype)))
    assert nothing is None and torch.equal(alone, made[0])
    pairs = (torch.stack(x[..., :width].chunk(2, dim=-1), dim=-1).flatten(-2) for x in made)
    return tuple(torch.cat((x, y[..., width:]), dim=-1) for x, y in zip(pairs, made, strict=True))


def at_the_last_positions(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    """There are fewer queries than keys."""
    made = function(heads[0][..., 2:, :], heads[1], *(x[None] for x in halves(angles, dtype)))
    whole = function(*heads, *(x[None] for x in halves(angles, dtype)))
    assert torch.equal(made[0], whole[0][..., 2:, :])
    return whole


def with_values(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    q, k, v = function(*heads, heads[1], *halves(angles, dtype), torch.arange(POSITIONS)[None])
    assert torch.equal(k, v)
    return q, k


def complex_table(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    table = torch.polar(torch.ones_like(angles), angles).to(torch.complex64)[:, None]
    return tuple(x.transpose(1, 2) for x in function(*(x.transpose(1, 2) for x in heads), table))


def real_and_imaginary(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    table = torch.stack((angles.cos(), angles.sin()), dim=-1).float()
    return tuple(function(x, table) for x in heads)


def of_hidden_states(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    """A table of cosines and sines, and heads that are concatenated."""
    module = SimpleNamespace(num_heads=HEADS, head_size=heads[0].shape[-1])
    table = torch.stack(halves(angles, dtype))[:, :, None, None]
    joined = (function(module, x.transpose(1, 2).flatten(2).expand(3, -1, -1), table)[:1] for x in heads)
    return tuple(x.unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in joined)


def sines_first(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    sinusoids = [angles.sin(), angles.cos()]
    if heads[0].shape[-1] % 2:
        sinusoids.insert(1, torch.full_like(angles[:, :1], 9.0))  # the last sine has no cosine
    table = torch.cat(sinusoids, dim=-1).to(dtype)[None, None]
    q, k, v = function(table, *heads, heads[1])
    assert torch.equal(k, v) and len(function(table, *heads)) == 2
    return q, k


def of_one_row(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    return function(*heads, *(x[None] for x in neighbours(angles, dtype)))


def on_two_axes(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    """Each axis turns its half of the channels; the comparison joins the halves of both axes."""
    half = angles.shape[-1] // 2
    cos, sin = (
        torch.cat(parts, dim=-1)[None]
        for parts in zip(halves(angles[:, :half], dtype), halves(angles[:, half:], dtype), strict=True)
    )
    order = torch.arange(4 * half).unflatten(0, (2, 2, half)).transpose(0, 1).flatten()
    apart = torch.cat((order, torch.arange(4 * half, heads[0].shape[-1])))
    back = apart.argsort()
    position_ids = torch.zeros(1, POSITIONS, 2)
    made = (function(x[..., back].transpose(1, 2), cos, sin, position_ids) for x in heads)
    return tuple(x.transpose(1, 2)[..., apart] for x in made)


class Static:
    """Stands for the class of a static method, which does not exist outside its package."""

    def __init__(self, **members: Callable):
        self.__dict__.update(members)


VISION = "apply_rotary_pos_emb_vision"
ROTATIONS = (
    Rotation("models/qwen2_vl/modeling_qwen2_vl.py", VISION, "half-split", positions_first(halves)),
    Rotation("models/inkling2/modeling_inkling2.py", VISION, "interleaved", positions_first(neighbours)),
    Rotation("models/dinov3_vit/modeling_dinov3_vit.py", "apply_rotary_pos_emb", "half-split", behind_a_prefix),
    Rotation("models/sam2_video/modeling_sam2_video.py", "apply_rotary_pos_emb_2d", "interleaved",
             before_keys_without_positions(1, True)),
    Rotation("models/sam3/modeling_sam3.py", "apply_rotary_pos_emb_2d", "interleaved", plain(neighbours)),
    Rotation("models/edgetam_video/modeling_edgetam_video.py", "apply_rotary_pos_emb_2d_self_attn", "interleaved",
             plain(neighbours)),
    Rotation("models/edgetam_video/modeling_edgetam_video.py", "apply_rotary_pos_emb_2d_cross_attn", "interleaved",
             across),
    Rotation("models/mistral_large4/modeling_mistral_large4.py", "apply_rotary_pos_emb_interleave", "interleaved",
             apart),
    Rotation("models/muse_glimmer_assistant/modeling_muse_glimmer_assistant.py", "apply_rotary_pos_emb", "half-split",
             at_the_last_positions),
    Rotation("models/clvp/modeling_clvp.py", "apply_rotary_pos_emb", "half-split", with_values),
    Rotation("models/llama4/modeling_llama4.py", "vision_apply_rotary_emb", "interleaved", complex_table),
    Rotation("exporters/exporter_openvino.py", "_apply_rotary_pos_emb_pairs", "interleaved", real_and_imaginary),
    Rotation("models/seamless_m4t/modeling_seamless_m4t.py",
             "SeamlessM4TConformerSelfAttention._apply_rotary_embedding", "half-split", of_hidden_states),
    Rotation("models/roformer/modeling_roformer.py", "RoFormerSelfAttention.apply_rotary_position_embeddings",
             "interleaved", sines_first),
    Rotation("models/efficientloftr/modeling_efficientloftr.py", "apply_rotary_pos_emb", "interleaved", of_one_row),
    Rotation("models/gemma4/modeling_gemma4.py", "apply_multidimensional_rope", "half-split", on_two_axes),
)  # fmt: skip
each_rotation = pytest.mark.parametrize("rotation", ROTATIONS, ids=lambda one: one.label)


def imported(file: str, name: str) -> Callable:
    """A definition of the installed fork."""
    found = importlib.import_module(".".join(("transformers", *file.removesuffix(".py").split("/"))))
    for part in name.split("."):
        found = getattr(found, part)
    return found


def run(rotation: Rotation, of, width: int, head_dim: int, dtype: torch.dtype, table: torch.dtype) -> tuple:
    """q and k, the angles, and the results of a tree's function for them; of the installed fork's if `of` is None."""
    generator = torch.Generator().manual_seed(head_dim)
    shape = (1, HEADS, POSITIONS, head_dim)
    heads = tuple(torch.randn(shape, generator=generator).to(dtype).requires_grad_() for _ in "qk")
    angles = 9 * torch.randn(POSITIONS, width // 2, generator=generator, dtype=torch.float64)
    if of is None:
        return heads, angles, rotation.call(imported(rotation.file, rotation.name), heads, angles, table)
    function = load(rotation.file, rotation.name, of)
    owner, _, member = rotation.name.rpartition(".")
    if owner:
        function.__globals__[owner] = Static(**{member: function})
    return heads, angles, rotation.call(function, heads, angles, table)


TYPES = (
    (torch.float32, torch.float32),
    (torch.bfloat16, torch.bfloat16),
    (torch.bfloat16, torch.float32),  # under autocast, only heads are bfloat16
)


@each_rotation
@pytest.mark.parametrize("types", TYPES, ids=str)
@pytest.mark.parametrize("head_dim", (4, 8))
def test_a_table_as_wide_as_the_head_gives_the_bits_of_pristine(rotation: Rotation, types: tuple, head_dim: int):
    found = []
    for of in (tree(), fork()):
        heads, _, made = run(rotation, of, head_dim, head_dim, *types)
        weights = torch.linspace(-1, 1, made[0].numel()).view_as(made[0])
        sum((x * weights).sum() for x in made).backward()
        found.append([*made, *(x.grad for x in heads)])
    for before, after in zip(*found, strict=True):
        assert before.dtype == after.dtype and torch.equal(before, after)


@each_rotation
@pytest.mark.parametrize("head_dim", range(4, 11))
def test_a_narrower_table_rotates_its_pairs_and_no_other_channel(rotation: Rotation, head_dim: int):
    """R1, R4: compared with a rotation in float64; passing channels are bit-equal."""
    for width in (4, 8):
        if width >= head_dim or (rotation.call is sines_first and width < head_dim - 1):
            continue  # a sinusoid table is as wide as the head, less one odd channel
        heads, angles, made = run(rotation, None, width, head_dim, torch.float32, torch.float32)
        for x, y in zip(heads, made, strict=True):
            assert torch.allclose(y.double(), rotated(x.double(), angles, rotation.layout), atol=1e-5)
            assert torch.equal(x[..., width:], y[..., width:]) and not torch.equal(x, y)


# --- frequencies ----------------------------------------------------------------------------------------------------

HEAD_DIMS = range(3, 21)


def config_of(head_dim: int, **rope_parameters: object) -> SimpleNamespace:
    """A config of one head, with the keys of all model families for its width."""
    width = {"hidden_size": head_dim, "embed_dim": head_dim, "head_dim": head_dim, "num_attention_heads": 1}
    memory = {"memory_attention_hidden_size": 2 * head_dim, "memory_attention_downsample_rate": 2}
    return SimpleNamespace(
        **width,
        **memory,
        memory_attention_num_attention_heads=1,
        speech_encoder_attention_heads=1,
        rotary_embedding_base=100.0,
        rope_theta=100.0,
        image_size=8,
        patch_size=4,
        rope_parameters={"rope_type": "default", "rope_theta": 100.0} | rope_parameters,
    )


def computed(file: str, name: str, of, config: SimpleNamespace) -> torch.Tensor:
    """The frequencies that a function returns, or that a constructor stores."""
    function = load(file, name, of)
    if name.endswith("__init__"):
        module = SimpleNamespace()
        function(module, config)
        return module.inv_freq.data
    return function(config)[0]


AXIAL = (
    ("models/qwen2_5_vl/modeling_qwen2_5_vl.py", "Qwen2_5_VLVisionRotaryEmbedding.compute_axial_rope_parameters"),
    ("models/qwen2_vl/modeling_qwen2_vl.py", "Qwen2VLVisionRotaryEmbedding.compute_axial_rope_parameters"),
    ("models/sam2_video/modeling_sam2_video.py", "Sam2VideoVisionRotaryEmbedding.compute_axial_rope_parameters"),
    ("models/dinov3_vit/modeling_dinov3_vit.py", "DINOv3ViTRopePositionEmbedding.__init__"),
    ("models/eomt_dinov3/modeling_eomt_dinov3.py", "EomtDinov3RotaryEmbedding.compute_default_rope_parameters"),
)
SINGLE = (
    ("models/pixtral/modeling_pixtral.py", "PixtralVisionRotaryEmbedding.compute_axial_rope_parameters"),
    ("models/seamless_m4t/modeling_seamless_m4t.py", "SeamlessM4TConformerRotaryPositionalEmbedding.__init__"),
    ("models/wav2vec2_bert/modeling_wav2vec2_bert.py", "Wav2Vec2BertRotaryPositionalEmbedding.__init__"),
    (
        "models/hunyuan_v1_dense/modeling_hunyuan_v1_dense.py",
        "HunYuanDenseV1RotaryEmbedding.compute_ntk_alpha_rope_parameters",
    ),
)


OF_SEVERAL_AXES = (
    "models/hunyuan_vl/modeling_hunyuan_vl.py",
    "HunYuanVLRotaryEmbedding.compute_ntk_alpha_rope_parameters",
)


@pytest.mark.parametrize("place", AXIAL + SINGLE, ids=lambda place: place[1])
def test_an_axis_has_one_frequency_per_pair(place: tuple[str, str]):
    """R1, R2: each of two axes has half of the head; if pristine's table fits the head, the bits are the same."""
    width_of_pair = 4 if place in AXIAL else 2
    for head_dim in HEAD_DIMS:
        config = config_of(head_dim, alpha=3.0)
        inv_freq = computed(*place, fork(), config)
        assert inv_freq.shape == (head_dim // width_of_pair,), head_dim
        if head_dim % width_of_pair == 0:
            assert torch.equal(inv_freq, computed(*place, tree(), config)), head_dim
        if "dinov3" not in place[0] and inv_freq.numel() > 1 and "alpha" not in place[1] and place in AXIAL:
            assert torch.allclose(inv_freq[1], torch.tensor(100 ** (-2 / (head_dim // 2))))


@pytest.mark.parametrize(
    "place", [place for place in AXIAL + SINGLE if "__init__" not in place[1]], ids=lambda place: place[1]
)
def test_a_part_of_the_head_counts_as_a_head_of_that_width(place: tuple[str, str]):
    """R6: also under a model's own rope types."""
    for factor, width in ((0.5, 8), (0.25, 4), (0.8, 12), (0.0, 0)):
        config = config_of(16, alpha=3.0, partial_rotary_factor=factor)
        partial = computed(*place, fork(), config)
        assert torch.equal(partial, computed(*place, fork(), config_of(width or 1, alpha=3.0)))


@pytest.mark.parametrize("place", [SINGLE[-1], OF_SEVERAL_AXES], ids=lambda place: place[1])
def test_alpha_stretches_the_base(place: tuple[str, str]):
    """R2: `b` becomes `b * alpha^(n / (n - 2))`, in float64."""
    compute = imported(*place)
    for head_dim in (4, 8, 11, 16):
        base = 100 * 3.0 ** (head_dim / (head_dim - 2))
        exponents = torch.arange(0, head_dim - head_dim % 2, 2, dtype=torch.float64) / head_dim
        inv_freq, factor = compute(config_of(head_dim, alpha=3.0))
        assert factor == 1.0 and torch.allclose(inv_freq.double(), base**-exponents, rtol=1e-6)


def test_ntk_scaling_leaves_a_single_pair():
    place = SINGLE[-1]
    assert computed(*place, fork(), config_of(2, alpha=3.0)).tolist() == [1.0]
    with pytest.raises(ZeroDivisionError):
        computed(*place, tree(), config_of(2, alpha=3.0))


# --- refusals -------------------------------------------------------------------------------------------------------


SECTIONED = [("qwen2_vl", "Qwen2VL"), ("glm4v", "Glm4vText")]


def sectioned(head_dim: int, sections: list[int]) -> SimpleNamespace:
    """A config that compares its sections with its pairs."""
    config = config_of(head_dim, mrope_section=sections)
    held_against = load("modeling_rope_utils.py", "RotaryEmbeddingConfigMixin._whole_sections", fork())
    config._whole_sections, config._is_own_class = partial(held_against, config), lambda: True
    config._head_dims = lambda layer_type: [head_dim]
    return config


@pytest.mark.parametrize("file, owner", SECTIONED)
def test_sections_must_sum_to_the_pairs(file: str, owner: str):
    construct = load(f"models/{file}/modeling_{file}.py", f"{owner}RotaryEmbedding.__init__", fork())
    module = SimpleNamespace(compute_default_rope_parameters=lambda config: (torch.ones(8), 1.0))
    config = sectioned(16, [2, 3, 3])
    config.max_position_embeddings = 32
    construct(module, config)
    assert module.mrope_section == [2, 3, 3]
    for sections in ([2, 3, 4], [2, 2, 2]):
        config.rope_parameters["mrope_section"] = sections
        with pytest.raises(ValueError, match=r"`mrope_section`=\[2, .*\] must sum to the 8 pairs"):
            construct(module, config)


def test_interleaved_sections_must_be_equal():
    """Height and width of Ernie are interleaved; time has the rest."""
    compute = load(
        "models/ernie4_5_vl_moe/modeling_ernie4_5_vl_moe.py",
        "Ernie4_5_VLMoeTextRotaryEmbedding.compute_default_rope_parameters",
        fork(),
    )
    for head_dim in (16, 17):
        assert compute(sectioned(head_dim, [3, 3, 2]))[0].shape == (8,)
        for sections in ([4, 2, 2], [4, 4, 0], [3, 3, 3], [2, 2, 2]):
            with pytest.raises(ValueError, match=r"`mrope_section`=\[.*\] must sum to the 8 pairs"):
                compute(sectioned(head_dim, sections))


def test_a_table_wider_than_the_head_is_refused():
    """The table of CLVP has at least 32 channels."""
    construct = imported("models/clvp/modeling_clvp.py", "ClvpRotaryPositionalEmbedding")
    for hidden_size, projection_dim, width in ((64, 16, 32), (70, 140, 34), (80, 160, 40)):
        config = SimpleNamespace(hidden_size=hidden_size, projection_dim=projection_dim, num_attention_heads=2)
        assert 2 * construct(config).inv_freq.numel() == width
    config.hidden_size = 62
    with pytest.raises(ValueError, match="`projection_dim`=160 asks for 40 rotary channels, .* 31 of a head"):
        construct(config)


def test_a_rotation_over_all_heads_needs_a_quarter_of_their_channels_as_frequencies():
    """The factor of EfficientLoFTR is 4 if there are eight heads."""
    from huggingface_hub.errors import StrictDataclassClassValidationError

    from transformers import EfficientLoFTRConfig

    assert EfficientLoFTRConfig().rope_parameters["partial_rotary_factor"] == 4.0
    for wrong in ({"partial_rotary_factor": 1.0}, {"num_attention_heads": 4}):
        with pytest.raises(
            StrictDataclassClassValidationError, match="`partial_rotary_factor`=.* must be [24], and `hidden_size`=256"
        ):
            EfficientLoFTRConfig(**wrong)


# --- whole models ---------------------------------------------------------------------------------------------------


def test_encoders_run_at_head_widths_that_hold_no_whole_number_of_pairs():
    """Models run after initialization and after a cast: the tables that initialization fills fit the constructor's."""
    from transformers import (
        DINOv3ViTConfig,
        DINOv3ViTModel,
        MLCDVisionConfig,
        MLCDVisionModel,
        Wav2Vec2ConformerConfig,
        Wav2Vec2ConformerModel,
    )

    torch.manual_seed(0)
    small = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    image = small | {"image_size": 8, "patch_size": 4}
    audio = small | {"position_embeddings_type": "rotary", "conv_dim": (4,), "conv_kernel": (4,), "conv_stride": (4,)}
    audio |= {"num_feat_extract_layers": 1, "num_conv_pos_embeddings": 2, "num_conv_pos_embedding_groups": 1}
    models = (
        (DINOv3ViTModel(DINOv3ViTConfig(hidden_size=14, **image)), torch.randn(1, 3, 8, 12)),
        (MLCDVisionModel(MLCDVisionConfig(hidden_size=20, **image)), torch.randn(1, 3, 8, 8)),
        (Wav2Vec2ConformerModel(Wav2Vec2ConformerConfig(hidden_size=10, **audio)), torch.randn(3, 40)),
    )
    for model, given in models:
        with torch.no_grad():
            full = model.eval()(given).last_hidden_state
            half = model.to(torch.bfloat16)(given.bfloat16()).last_hidden_state
        assert full.isfinite().all() and half.dtype == torch.bfloat16, type(model)
        assert torch.allclose(full, half.float(), atol=0.2), type(model)
