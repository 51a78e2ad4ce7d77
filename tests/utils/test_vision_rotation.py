"""Rotations and tables of encoders: bit for bit pristine's where those are right (R7), and whole pairs at every other
width (R1, R4). Definitions of both trees are run apart from their packages, so that one process compares them."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch

from tests.utils.upstream_rope import fork, load, rotated, tree


HEADS, POSITIONS = 2, 5
Heads = tuple[torch.Tensor, ...]  # of shape [1, heads, positions, head_dim]


@dataclass(frozen=True)
class Rotation:
    """An application, its layout, and how it is called on q and k with `angles` [positions, pairs] in a dtype."""

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
    """Class and register tokens have no positions, and stay as they are."""
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
    """Keys of two frames, each with a token of its time before those of its positions, and one of no frame."""
    q, k = heads
    table = neighbours(angles, dtype)
    time = k[..., -1:, :]
    q, made = function(q, torch.cat((time, k, time, k, time), dim=-2), *table, *table, 1, 2)
    frames = made[..., :-1, :].unflatten(-2, (2, POSITIONS + 1))
    assert torch.equal(made[..., -1:, :], time) and torch.equal(frames[..., :1, :], torch.stack((time, time), dim=2))
    assert torch.equal(frames[:, :, 0], frames[:, :, 1])
    return q, frames[:, :, 0, 1:]


def apart(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    """It leaves pairs in two halves; what is compared has them side by side again."""
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
    """A table of cosines and sines, and heads that lie side by side."""
    module = SimpleNamespace(num_heads=HEADS, head_size=heads[0].shape[-1])
    table = torch.stack(halves(angles, dtype))[:, :, None, None]
    joined = (function(module, x.transpose(1, 2).flatten(2).expand(3, -1, -1), table)[:1] for x in heads)
    return tuple(x.unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in joined)


def sines_first(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    sinusoids = [angles.sin(), angles.cos()]
    if heads[0].shape[-1] % 2:
        sinusoids.insert(1, torch.full_like(angles[:, :1], 9.0))  # a sine without a cosine
    table = torch.cat(sinusoids, dim=-1).to(dtype)[None, None]
    q, k, v = function(table, *heads, heads[1])
    assert torch.equal(k, v) and len(function(table, *heads)) == 2
    return q, k


def on_two_axes(function: Callable, heads: Heads, angles: torch.Tensor, dtype: torch.dtype) -> Heads:
    """Each axis turns a half of the channels, by itself: what is compared has the halves of both axes together."""
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
    """Lets a static method be found by its class, which is not there."""

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
    Rotation("models/gemma4/modeling_gemma4.py", "apply_multidimensional_rope", "half-split", on_two_axes),
)  # fmt: skip
each_rotation = pytest.mark.parametrize("rotation", ROTATIONS, ids=lambda one: one.label)


def run(rotation: Rotation, of, width: int, head_dim: int, dtype: torch.dtype, table: torch.dtype) -> tuple:
    """q and k, the angles, and what an application of a tree makes of them."""
    generator = torch.Generator().manual_seed(head_dim)
    shape = (1, HEADS, POSITIONS, head_dim)
    heads = tuple(torch.randn(shape, generator=generator).to(dtype).requires_grad_() for _ in "qk")
    angles = 9 * torch.randn(POSITIONS, width // 2, generator=generator, dtype=torch.float64)
    function = load(rotation.file, rotation.name, of)
    owner, _, member = rotation.name.rpartition(".")
    if owner:
        function.__globals__[owner] = Static(**{member: function})
    return heads, angles, rotation.call(function, heads, angles, table)


TYPES = (
    (torch.float32, torch.float32),
    (torch.bfloat16, torch.bfloat16),
    (torch.bfloat16, torch.float32),  # heads under autocast
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
    """R1, R4: against a rotation in float64; what passes is bit-equal."""
    for width in (4, 8):
        if width >= head_dim or (rotation.call is sines_first and width < head_dim - 1):
            continue  # a sinusoid table is as wide as the head, less what is odd
        heads, angles, made = run(rotation, fork(), width, head_dim, torch.float32, torch.float32)
        for x, y in zip(heads, made, strict=True):
            assert torch.allclose(y.double(), rotated(x.double(), angles, rotation.layout), atol=1e-5)
            assert torch.equal(x[..., width:], y[..., width:]) and not torch.equal(x, y)
