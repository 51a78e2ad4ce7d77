import jax.numpy as jnp


def sincos_at(position_ids: jnp.ndarray, table: jnp.ndarray, inv_freq: jnp.ndarray) -> jnp.ndarray:
    """
    The sines and cosines that turn tokens: rows of a table, computed again for positions beyond the table.

    Indexing would give these positions the last row, because a compiled program raises no error.

    Args:
        position_ids: `[batch, seq]`.
        table: `[positions, 1, 4 * pairs]`, with all pairs twice, half-split, sines before cosines.
        inv_freq: `[pairs]`, in radians per position.

    Returns:
        `[batch, seq, 1, 4 * pairs]`.
    """
    positions = position_ids[..., None, None]
    angles = jnp.concatenate((positions * inv_freq,) * 2, axis=-1)
    beyond = jnp.concatenate((jnp.sin(angles), jnp.cos(angles)), axis=-1)
    return jnp.where(positions < len(table), table[position_ids], beyond)
