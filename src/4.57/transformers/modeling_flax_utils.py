import jax.numpy as jnp


def sincos_at(position_ids: jnp.ndarray, table: jnp.ndarray, inv_freq: jnp.ndarray) -> jnp.ndarray:
    """
    The sines and cosines by which tokens are turned: rows of a table, and made anew for positions beyond its last.

    Indexing alone would give those the last row's, since a compiled program raises nothing.

    Args:
        position_ids: `[batch, seq]`.
        table: `[positions, 1, 4 * pairs]`, of all pairs twice, half-split, sines before cosines.
        inv_freq: `[pairs]`, in radians a position.

    Returns:
        `[batch, seq, 1, 4 * pairs]`.
    """
    positions = position_ids[..., None, None]
    angles = jnp.concatenate((positions * inv_freq,) * 2, axis=-1)
    beyond = jnp.concatenate((jnp.sin(angles), jnp.cos(angles)), axis=-1)
    return jnp.where(positions < len(table), table[position_ids], beyond)
