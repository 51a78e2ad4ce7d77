from ...modeling_rope_utils import partial_rotary_width


class TFRotaryEmbedding(keras.layers.Layer):
    def call(self, q: tf.Tensor, k: tf.Tensor, position_ids: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """
        Rotate queries and keys of shape `[batch, heads, positions, head_dim]`.

        Args:
            position_ids: `[batch, positions]` of queries and keys; if None, each counts from 0.
        """
        if position_ids is None:
            cos, sin = self._compute_cos_sin(k, seq_dimension=-2)
        else:
            freqs = tf.cast(position_ids, self.inv_freq.dtype)[:, None, :, None] * self.inv_freq
            emb = tf.concat((freqs, freqs), axis=-1)
            cos, sin = tf.cos(emb), tf.sin(emb)
        return apply_rotary_pos_emb(q, cos, sin), apply_rotary_pos_emb(k, cos, sin)
