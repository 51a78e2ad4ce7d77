"""The tests that `src/exempt.yml` names for TensorFlow's and Flax's definitions. Each runs on entries that name it.

The tests run on the fork, which does not change these definitions."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import numpy as np

from tests.frameworks.frameworks import RUN, batches, in_frameworks
from tests.utils.exempt_entries import ExemptDefinition, ReleaseExemption, on_its_entries
from transformers_conformance.rope.reference import inverse_frequencies, rotate


HEADS, TOKENS = 2, 5
IDS = np.arange(TOKENS)[None]
TOLERANCE = 1e-5  # for angles below 5, in float32
WIDTHS = [(head_dim, n) for head_dim in (5, 8) for n in range(2, head_dim + 1)]


def module_of(definition: ExemptDefinition) -> ModuleType:
    return import_module(f"transformers.{definition.file.removesuffix('.py').replace('/', '.')}")


def tensor(definition: ExemptDefinition, x: np.ndarray):
    """`x` in the definition's framework."""
    if "_tf_" in definition.file:
        import tensorflow as tf

        return tf.constant(x)
    import jax.numpy as jnp

    return jnp.asarray(x)


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@on_its_entries
def test_it_turns_whole_pairs_by_a_quarter_in_its_framework(entry: ReleaseExemption):
    """Applied twice, it negates; and it moves every channel to its partner in a half-split or interleaved pair."""
    for definition in entry.definitions:
        turn = getattr(module_of(definition), definition.name)
        for width in (2, 4, 6, 8):
            x = random(3, 2, 5, width)
            turned = np.asarray(turn(tensor(definition, x)))
            assert np.array_equal(np.asarray(turn(tensor(definition, turned))), -x), definition.label
            partners = np.roll(x, width // 2, -1), x.reshape(3, 2, 5, -1, 2)[..., ::-1].reshape(x.shape)
            assert any(np.array_equal(np.abs(turned), np.abs(partner)) for partner in partners), definition.label


def esm(module: ModuleType, head_dim: int, n: int, x: np.ndarray) -> np.ndarray:
    return module.TFRotaryEmbedding(n)(x, x)[1].numpy()


def idefics(module: ModuleType, head_dim: int, n: int, x: np.ndarray) -> np.ndarray:
    cos, sin = module.TFIdeficsEmbedding(n)(x)
    return module.apply_rotary_pos_emb(x, x, cos, sin, IDS)[1].numpy()


def mistral(module: ModuleType, head_dim: int, n: int, x: np.ndarray) -> np.ndarray:
    cos, sin = module.TFMistralRotaryEmbedding(n)(x, seq_len=TOKENS)
    return module.apply_rotary_pos_emb(x, x, cos, sin, IDS)[1].numpy()


CLASSES: dict[str, Callable] = {
    "TFRotaryEmbedding": esm,
    "TFIdeficsEmbedding": idefics,
    "TFMistralRotaryEmbedding": mistral,
}


@on_its_entries
def test_its_class_turns_whole_pairs_as_wide_as_it_is_made(entry: ReleaseExemption):
    """The class runs this definition. If the definition were wrong, rotated heads would be wrong."""
    for definition in entry.definitions:
        for head_dim, n in WIDTHS:
            x = random(1, HEADS, TOKENS, head_dim)
            made = CLASSES[definition.owner](module_of(definition), head_dim, n, x)
            inv_freq, _ = inverse_frequencies(n, 10000.0)
            assert np.abs(made - rotate(x.astype(np.float64), IDS, inv_freq, "half-split")).max() < TOLERANCE, n


@on_its_entries
def test_its_sines_come_before_its_cosines(entry: ReleaseExemption):
    """A column per channel, sines before cosines. An odd width has one more sine, which the caller cuts off."""
    for definition in entry.definitions:
        for width in range(1, 9):
            table = np.asarray(getattr(module_of(definition), definition.name)(TOKENS, width))
            pairs = width // 2
            angles = np.arange(TOKENS)[:, None] * inverse_frequencies(width, 10000.0)[0]
            assert table.shape == (TOKENS, width)
            assert np.abs(table[:, :pairs] - np.sin(angles)).max(initial=0) < TOLERANCE
            assert np.abs(table[:, width - pairs :] - np.cos(angles)).max(initial=0) < TOLERANCE


@on_its_entries
def test_it_joins_what_it_cuts_at_the_width_of_its_config(entry: ReleaseExemption, monkeypatch, tmp_path):
    """If the rotation does nothing, the attention is the same at any width; the rotation gets that many channels."""
    from transformers import GPTJConfig, GPTJModel

    batch = batches(32)["counted"]
    for definition in entry.definitions:
        prefix = "TF" if "_tf_" in definition.file else "Flax"
        widths, outputs = [], []

        def same(x, sincos, widths=widths):
            widths.append(x.shape[-1])
            return x

        monkeypatch.setattr(module_of(definition), "apply_rotary_pos_emb", same)
        for n in (None, 1, 3, 4, 8):
            config = GPTJConfig(vocab_size=32, n_positions=16, n_embd=16, n_layer=1, n_head=HEADS, rotary_dim=n)
            model = in_frameworks(GPTJModel(config), tmp_path, (prefix,))[prefix]
            widths.clear()
            outputs.append(RUN[prefix](model, batch))
            assert set(widths) == {n or config.n_embd // HEADS}, definition.label
            assert np.array_equal(outputs[0], outputs[-1]), definition.label
