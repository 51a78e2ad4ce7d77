"""The reference against closed forms and published properties, not against another table of frequencies."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transformers_conformance.rope.reference import inverse_frequencies, rotary_ndims, rotate
from transformers_conformance.rope.width import factor_for


LAYOUTS = ("half-split", "interleaved")
WIDTHS = st.integers(1, 12).flatmap(lambda head_dim: st.tuples(st.just(head_dim), st.integers(0, head_dim)))
POSITIONS = st.lists(st.integers(0, 5000), min_size=1, max_size=6)


def random_heads(head_dim: int, seq: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((2, 3, seq, head_dim))


@given(WIDTHS, POSITIONS, st.sampled_from(LAYOUTS))
def test_a_pair_is_a_complex_number_times_a_power_of_i(width, position_ids, layout):
    head_dim, n = width
    m = n // 2
    theta, _ = inverse_frequencies(n, 10000.0)
    x = random_heads(head_dim, len(position_ids))
    got = rotate(x, np.array([position_ids]), theta, layout)
    pairs = [(i, i + m) if layout == "half-split" else (2 * i, 2 * i + 1) for i in range(m)]
    for i, (first, second) in enumerate(pairs):
        z = x[..., first] + 1j * x[..., second]
        turned = z * np.exp(1j * 10000.0 ** (-2 * i / n) * np.array(position_ids))
        np.testing.assert_allclose(got[..., first] + 1j * got[..., second], turned, rtol=0, atol=1e-9)
    assert np.array_equal(got[..., 2 * m :], x[..., 2 * m :])


@given(WIDTHS, POSITIONS, st.integers(0, 3000), st.sampled_from(LAYOUTS))
def test_scores_depend_on_differences_of_positions(width, position_ids, shift, layout):
    head_dim, n = width
    theta, _ = inverse_frequencies(n, 500.0)
    q, k = (random_heads(head_dim, len(position_ids), seed) for seed in (1, 2))
    ids = np.array([position_ids])

    def scores(offset: int) -> np.ndarray:
        return rotate(q, ids + offset, theta, layout) @ rotate(k, ids + offset, theta, layout).swapaxes(-1, -2)

    np.testing.assert_allclose(scores(shift), scores(0), rtol=0, atol=1e-9)


@given(WIDTHS, POSITIONS, st.sampled_from(LAYOUTS), st.floats(0.5, 2.0))
def test_norms_of_heads_grow_by_the_attention_factor_alone(width, position_ids, layout, factor):
    head_dim, n = width
    rotated = 2 * (n // 2)
    theta, _ = inverse_frequencies(n, 500.0)
    x = random_heads(head_dim, len(position_ids))
    got = rotate(x, np.array([position_ids]), theta, layout, factor)
    expected = factor * np.linalg.norm(x[..., :rotated], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(got[..., :rotated], axis=-1), expected, rtol=1e-12)


@given(WIDTHS)
def test_whole_pairs_and_the_denominator_n(width):
    _, n = width
    theta, factor = inverse_frequencies(n, 10000.0)
    assert (len(theta), factor) == (n // 2, 1.0)
    assert theta.tolist() == pytest.approx([math.exp(-math.log(10000.0) * 2 * i / n) for i in range(n // 2)])


@given(WIDTHS)
def test_a_factor_is_found_for_every_width(width):
    head_dim, n = width
    assert rotary_ndims(head_dim, factor_for(n, head_dim)) == n
    assert 0 <= factor_for(n, head_dim) <= 1


def test_width_by_hand():
    # gpt_neox_225M: 1024 channels in 12 heads, rotary_pct 0.25.
    assert rotary_ndims(1024 // 12, 0.25) == 21
    theta, _ = inverse_frequencies(3, 1000.0)
    assert theta.tolist() == [1.0]
    theta, _ = inverse_frequencies(5, 32.0)
    assert theta.tolist() == pytest.approx([1.0, 0.25])


@pytest.mark.parametrize("n", range(9))
def test_linear_is_the_default_at_divided_positions(n):
    x, ids = random_heads(8, 4), np.array([[0, 4, 8, 20]])
    plain, _ = inverse_frequencies(n, 100.0)
    slow, _ = inverse_frequencies(n, 100.0, {"rope_type": "linear", "factor": 4.0})
    np.testing.assert_allclose(
        rotate(x, ids, slow, "half-split"), rotate(x, ids // 4, plain, "half-split"), atol=1e-12
    )


@pytest.mark.parametrize("n", range(9))
@pytest.mark.parametrize("length", [512, 800, 4096])
def test_dynamic_ntk_keeps_the_fastest_pair_and_slows_the_slowest_by_the_stretch(n, length):
    scaling = {"rope_type": "dynamic", "factor": 4.0}
    plain, _ = inverse_frequencies(n, 100.0)
    got, factor = inverse_frequencies(n, 100.0, scaling, max_position_embeddings=512, sequence_length=length)
    assert factor == 1.0
    if n <= 2 or length == 512:
        assert got.tolist() == plain.tolist()
        return
    assert got[0] == 1.0
    if n % 2 == 0:
        # The base is chosen so that the slowest pair of an even width is interpolated in full.
        assert plain[-1] / got[-1] == pytest.approx(4.0 * length / 512 - 3.0)


def yarn(n: int = 8, **keys) -> tuple[np.ndarray, float]:
    scaling = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128} | keys
    return inverse_frequencies(n, 100.0, scaling)


def test_yarn_leaves_fast_pairs_and_interpolates_slow_ones():
    plain, _ = inverse_frequencies(64, 10000.0)
    scaling = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 2048}
    ratio = plain / inverse_frequencies(64, 10000.0, scaling)[0]
    rotations = 2048 * plain / (2 * math.pi)
    # One pair of slack on either side, for the rounding of the ramp's ends.
    fast, slow = np.flatnonzero(rotations > 32), np.flatnonzero(rotations < 1)
    assert ratio[fast[:-1]].tolist() == pytest.approx([1.0] * (len(fast) - 1))
    assert ratio[slow[1:]].tolist() == pytest.approx([4.0] * (len(slow) - 1))
    assert (np.diff(ratio) >= -1e-12).all()


def test_yarn_by_hand():
    # n = 8, base 100, 128 positions, ramp from 8 to 1 rotations: pair indices 0.81 and 2.62, rounded to 0 and 3.
    got, _ = yarn(beta_fast=8.0, beta_slow=1.0)
    plain, _ = inverse_frequencies(8, 100.0)
    ramp = np.array([0, 1 / 3, 2 / 3, 1])
    assert got.tolist() == pytest.approx((plain * (1 - ramp) + plain / 4 * ramp).tolist())
    low, high = (8 * math.log(128 / (2 * math.pi * r)) / (2 * math.log(100.0)) for r in (8.0, 1.0))
    ramp = np.clip((np.arange(4) - low) / (high - low), 0, 1)
    got, _ = yarn(beta_fast=8.0, beta_slow=1.0, truncate=False)
    assert got.tolist() == pytest.approx((plain * (1 - ramp) + plain / 4 * ramp).tolist())


def test_yarn_attention_factor():
    published = 0.1 * math.log(4.0) + 1.0
    assert yarn()[1] == pytest.approx(published)
    assert yarn(factor=1.0)[1] == 1.0
    assert yarn(attention_factor=0.7)[1] == 0.7
    assert yarn(mscale=2.0, mscale_all_dim=2.0)[1] == 1.0
    assert yarn(mscale=2.0, mscale_all_dim=1.0)[1] == pytest.approx((0.2 * math.log(4.0) + 1.0) / published)
    assert yarn(mscale=2.0)[1] == pytest.approx(published)


@pytest.mark.parametrize("n", range(9))
@pytest.mark.parametrize("rope_type", ["linear", "dynamic", "yarn"])
def test_a_stretch_by_one_changes_nothing(n, rope_type):
    scaling = {"rope_type": rope_type, "factor": 1.0, "original_max_position_embeddings": 512}
    got, factor = inverse_frequencies(n, 100.0, scaling, max_position_embeddings=512, sequence_length=512)
    np.testing.assert_allclose(got, inverse_frequencies(n, 100.0)[0], rtol=1e-14)
    assert factor == 1.0


def test_longrope_divides_each_pair_by_its_factor_for_the_length():
    scaling = {
        "rope_type": "longrope",
        "factor": 4.0,
        "short_factor": [1.0, 2.0],
        "long_factor": [3.0, 4.0],
        "original_max_position_embeddings": 128,
    }
    plain, _ = inverse_frequencies(5, 100.0)
    for length, rescale in ((None, [1, 2]), (128, [1, 2]), (129, [3, 4])):
        got, factor = inverse_frequencies(5, 100.0, scaling, sequence_length=length)
        assert (plain / got).tolist() == pytest.approx(rescale)
        assert factor == pytest.approx(math.sqrt(1 + math.log(4) / math.log(128)))
    assert inverse_frequencies(5, 100.0, scaling | {"attention_factor": 1.25})[1] == 1.25
    implied = {key: value for key, value in scaling.items() if key != "factor"}
    assert inverse_frequencies(5, 100.0, implied, max_position_embeddings=512)[1] == pytest.approx(factor)
    assert inverse_frequencies(5, 100.0, scaling | {"factor": 1.0})[1] == 1.0


def test_llama3_keeps_short_wavelengths_and_divides_long_ones():
    scaling = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    plain, _ = inverse_frequencies(128, 500000.0)
    got, factor = inverse_frequencies(128, 500000.0, scaling)
    wavelengths = 2 * math.pi / plain
    short, long = wavelengths < 8192 / 4, wavelengths > 8192
    assert short.any() and long.any() and not (short | long).all()
    assert factor == 1.0
    assert (plain / got)[short].tolist() == pytest.approx([1.0] * short.sum())
    assert (plain / got)[long].tolist() == pytest.approx([8.0] * long.sum())
    smooth = (8192 / wavelengths - 1.0) / 3.0
    between = (smooth + (1 - smooth) / 8.0)[~(short | long)]
    assert (got / plain)[~(short | long)].tolist() == pytest.approx(between.tolist())


def test_proportional_spaces_over_the_whole_head():
    got, factor = inverse_frequencies(3, 16.0, {"rope_type": "proportional", "factor": 2.0}, head_dim=8)
    assert (got.tolist(), factor) == ([0.5, 0.0, 0.0, 0.0], 1.0)
    got, _ = inverse_frequencies(8, 16.0, {"rope_type": "proportional"}, head_dim=8)
    assert got.tolist() == pytest.approx([1.0, 0.5, 0.25, 0.125])


@settings(max_examples=25)
@given(st.integers(2, 8))
def test_errors_name_what_is_wrong(n):
    theta, _ = inverse_frequencies(n, 100.0)
    with pytest.raises(ValueError, match="unknown rope_type 'spiral'"):
        inverse_frequencies(n, 100.0, {"rope_type": "spiral"})
    with pytest.raises(ValueError, match="got 'diagonal'"):
        rotate(random_heads(8, 1), np.array([[1]]), theta, "diagonal")
    with pytest.raises(ValueError, match=f"need {2 * (n // 2)} channels, the head has 1"):
        rotate(random_heads(1, 1), np.array([[1]]), theta, "half-split")
