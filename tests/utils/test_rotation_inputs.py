"""R7: if heads and tables differ in dtype and batch, the fork's rotations still have pristine's results, bit for bit.

The functions run outside their packages, so that one process compares those of both trees.
"""

from collections.abc import Callable

import pytest
import torch

from tests.utils.upstream_rope import fork, load


POSITIONS, HEAD_DIM = 5, 8
ROTATIONS = (
    ("models/llama/modeling_llama.py", "apply_rotary_pos_emb"),
    ("models/olmo/modeling_olmo.py", "apply_rotary_pos_emb"),
    ("models/cohere/modeling_cohere.py", "apply_rotary_pos_emb"),
    ("models/helium/modeling_helium.py", "apply_rotary_pos_emb"),
    ("models/modernbert/modeling_modernbert.py", "apply_rotary_pos_emb"),
    ("models/ernie4_5/modeling_ernie4_5.py", "apply_rotary_pos_emb"),
    ("models/ernie4_5_vl_moe/modeling_ernie4_5_vl_moe.py", "apply_rotary_pos_emb"),
    ("models/hunyuan_vl/modeling_hunyuan_vl.py", "apply_rotary_pos_emb"),
    ("models/muse_glimmer_assistant/modeling_muse_glimmer_assistant.py", "apply_rotary_pos_emb"),
    ("models/deepseek_v3/modeling_deepseek_v3.py", "apply_rotary_pos_emb_interleave"),
    ("models/mistral_large4/modeling_mistral_large4.py", "apply_rotary_pos_emb_interleave"),
    ("models/qwen2_vl/modeling_qwen2_vl.py", "apply_rotary_pos_emb_vision"),
)
FLOAT, HALF, BRAIN, DOUBLE = torch.float32, torch.float16, torch.bfloat16, torch.float64
# The batch and the dtype of heads, of cosines and of sines.
GIVEN = {
    "one type": ((2, FLOAT), (2, FLOAT), (2, FLOAT)),
    "narrow heads": ((2, BRAIN), (2, FLOAT), (2, FLOAT)),
    "wide heads": ((2, FLOAT), (2, BRAIN), (2, BRAIN)),
    "heads in half, tables in double": ((2, HALF), (2, DOUBLE), (2, DOUBLE)),
    "one table for a batch": ((2, FLOAT), (1, FLOAT), (1, FLOAT)),
    "more tables than heads": ((1, FLOAT), (2, FLOAT), (2, FLOAT)),
    "more tables than narrow heads": ((1, BRAIN), (2, FLOAT), (2, FLOAT)),
    "wider sines": ((2, BRAIN), (2, BRAIN), (2, FLOAT)),
    "wider cosines": ((2, BRAIN), (2, FLOAT), (2, BRAIN)),
    "more sines than cosines": ((1, FLOAT), (1, FLOAT), (2, FLOAT)),
}


def inputs(file: str, given: str) -> tuple[torch.Tensor, ...]:
    """Heads `[batch, heads, positions, head_dim]` and tables `[batch, positions, head_dim]`.

    In vision models, positions come first and tables have no batch: a second axis of the tables replaces it."""
    (heads, dtype), *tables = GIVEN[given]
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(heads, 2, POSITIONS, HEAD_DIM, generator=generator).to(dtype)
    k = torch.randn(heads, 1, POSITIONS, HEAD_DIM, generator=generator).to(dtype)
    angles = torch.rand(2, POSITIONS, HEAD_DIM // 2, generator=generator).repeat(1, 1, 2)
    made = zip((angles.cos(), angles.sin()), tables, strict=True)
    cos, sin = (table[:batch].to(dtype) for table, (batch, dtype) in made)
    if file == "models/qwen2_vl/modeling_qwen2_vl.py":
        q, k = (x.transpose(1, 2) for x in (q, k))
    return q.requires_grad_(), k.requires_grad_(), cos, sin


def run(rotation: Callable, file: str, given: str) -> list[torch.Tensor] | None:
    """The rotated heads and the gradients of the inputs; None if the shapes do not fit."""
    q, k, cos, sin = inputs(file, given)
    try:
        turned = rotation(q, k, cos, sin)
    except RuntimeError:
        return None
    sum((part.double() * torch.linspace(-1, 1, part.numel()).view_as(part)).sum() for part in turned).backward()
    return [*(part.detach() for part in turned), q.grad, k.grad]


def same(ours: Callable, theirs: Callable, file: str, given: str) -> bool:
    """Whether both have the same bits and dtype, or both have no result."""
    made, wanted = run(ours, file, given), run(theirs, file, given)
    if made is None or wanted is None:
        return made is wanted
    return all(torch.equal(x, y) and x.dtype == y.dtype for x, y in zip(made, wanted, strict=True))


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize(("file", "name"), ROTATIONS, ids=lambda part: part.split("/")[-1])
def test_a_rotation_gives_what_pristines_gives(file, name, given):
    assert same(load(file, name, fork()), load(file, name), file, given)


def plain(q, k, cos, sin):
    return load(*ROTATIONS[0])(q, k, cos, sin)


def in_place(q, k, cos, sin):
    rotate_half = load(ROTATIONS[0][0], "rotate_half")
    cos, sin = cos.unsqueeze(1), sin.unsqueeze(1)
    return tuple((x * cos).add_(rotate_half(x) * sin) for x in (q, k))


def tables_in_the_type_of_heads(q, k, cos, sin):
    return plain(q, k, cos.to(q.dtype), sin.to(q.dtype))


def back_to_the_type_of_heads(q, k, cos, sin):
    return tuple(x.to(q.dtype) for x in plain(q, k, cos, sin))


NARROW = {given for given, ((_, dtype), *_) in GIVEN.items() if dtype in (BRAIN, HALF)}


@pytest.mark.parametrize(
    ("wrong", "seen"),
    [
        (plain, set()),
        (in_place, {"wider sines", "more sines than cosines"}),
        (tables_in_the_type_of_heads, NARROW),
        (back_to_the_type_of_heads, NARROW),
    ],
)
def test_wrong_rotations_fail(wrong, seen):
    assert {given for given in GIVEN if not same(wrong, plain, ROTATIONS[0][0], given)} == seen
