"""Rotations in float64, which shows small errors: each framework's functions turn whole pairs as in the papers.

Whole models cannot run in float64: their tables are float32, also in PyTorch, and TensorFlow cannot add float64 to
float32.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

import numpy as np
import pytest

from transformers_conformance.rope.reference import inverse_frequencies, rotate


TOLERANCE = 1e-14
TOKENS = 7
WIDTHS = [(head_dim, n) for head_dim in (5, 8) for n in range(head_dim + 1)]


def tensorflow_module(model: str):
    return import_module(f"transformers.models.{model}.modeling_tf_{model}")


def flax_module(model: str):
    return import_module(f"transformers.models.{model}.modeling_flax_{model}")


@contextmanager
def float64() -> Iterator[None]:
    from jax.experimental import enable_x64

    with enable_x64():
        yield


def tf_gptj(x, sin, cos):
    return tensorflow_module("gptj").apply_rotary_pos_emb(by_token(x), (sin[None], cos[None])).numpy().swapaxes(1, 2)


def flax_gptj(x, sin, cos):
    import jax.numpy as jnp

    apply = flax_module("gptj").apply_rotary_pos_emb
    return np.asarray(apply(jnp.asarray(by_token(x)), (jnp.asarray(sin)[None], jnp.asarray(cos)[None]))).swapaxes(1, 2)


def tf_esm(x, sin, cos):
    return tensorflow_module("esm").apply_rotary_pos_emb(x, twice(cos)[None, None], twice(sin)[None, None]).numpy()


def tf_mistral(x, sin, cos):
    ids = np.arange(TOKENS)[None]
    return tensorflow_module("mistral").apply_rotary_pos_emb(x, x, twice(cos), twice(sin), ids)[1].numpy()


def tf_idefics(x, sin, cos):
    ids = np.arange(TOKENS)[None]
    return tensorflow_module("idefics").apply_rotary_pos_emb(x, x, twice(cos), twice(sin), ids)[0].numpy()


def flax_llama(x, sin, cos):
    import jax.numpy as jnp

    table = (jnp.asarray(twice(part))[None, :, None] for part in (sin, cos))
    return np.asarray(flax_module("llama").apply_rotary_pos_emb(jnp.asarray(by_token(x)), *table)).swapaxes(1, 2)


def tf_roformer(x, sin, cos):
    apply = tensorflow_module("roformer").TFRoFormerSelfAttention.apply_rotary_position_embeddings
    return apply(np.concatenate((sin, cos), -1)[None, None], x, x, x)[2].numpy()


def flax_roformer(x, sin, cos):
    import jax.numpy as jnp

    apply = flax_module("roformer").FlaxRoFormerSelfAttention.apply_rotary_position_embeddings
    x = jnp.asarray(by_token(x))
    return np.asarray(apply(jnp.asarray(np.concatenate((sin, cos), -1)), x, x, x)[2]).swapaxes(1, 2)


def by_token(x: np.ndarray) -> np.ndarray:
    """`[batch, heads, tokens, head_dim]` with heads after tokens."""
    return x.swapaxes(1, 2)


def twice(angles: np.ndarray) -> np.ndarray:
    return np.concatenate((angles, angles), -1)


INTERLEAVED = (tf_gptj, flax_gptj, tf_roformer, flax_roformer)
HALF_SPLIT = (tf_esm, tf_mistral, tf_idefics, flax_llama)


@pytest.mark.parametrize(("head_dim", "n"), WIDTHS)
@pytest.mark.parametrize("turn", INTERLEAVED + HALF_SPLIT)
def test_it_turns_whole_pairs(turn: Callable, head_dim: int, n: int):
    """The functions get sines and cosines `[tokens, n // 2]`, and `[batch, heads, tokens, head_dim]`."""
    x = np.random.default_rng(0).standard_normal((1, 3, TOKENS, head_dim))
    inv_freq, _ = inverse_frequencies(n, 10000.0)
    angles = np.arange(TOKENS)[:, None] * inv_freq
    with float64():
        turned = turn(x, np.sin(angles), np.cos(angles))
    expected = rotate(x, np.arange(TOKENS)[None], inv_freq, "interleaved" if turn in INTERLEAVED else "half-split")
    assert turned.dtype == np.float64
    assert np.array_equal(turned[..., n - n % 2 :], x[..., n - n % 2 :])
    assert np.abs(turned - expected).max() < TOLERANCE
