from numbers import Integral, Real


def rotary_width(key: str, value: Optional[float], head_dim: int, whole: float = 1.0) -> int:
    """
    The number of channels of a head that a config asks to rotate. Warns of one channel, which is no pair.

    Args:
        key: the config's name for the width, which messages cite.
        value: a share of the head, or a number of channels; None means the whole head.
        head_dim: the channels of a head.
        whole: the value for the whole head: 1.0, or `head_dim` for a number of channels.

    Raises:
        ValueError: names the key, its value and the range.
    """
    if value is None:
        return head_dim
    if not isinstance(value, Real if isinstance(whole, float) else Integral) or not 0 <= value <= whole:
        raise ValueError(f"`{key}` must be a number from 0 to {whole}, but is {value!r}")
    rotary_ndims = int(head_dim * value / whole)
    if rotary_ndims == 1:
        logger.warning(
            f"`{key}`={value} leaves one of {head_dim} channels to RoPE, which is no pair: nothing is rotated and "
            "positions have no effect"
        )
    return rotary_ndims


def partial_rotary_width(config: PretrainedConfig, head_dim: int) -> int:
    """
    The number of channels of a head that `partial_rotary_factor`, or else `rotary_dim`, leaves to RoPE. A config may
    have its own method `_rotary_width` for the factor. If the config has a slice for RoPE (`qk_rope_head_dim`), check
    the width of the slice, too.

    Raises:
        ValueError: the factor, `rotary_dim` or the slice is not a number, or does not fit the head.
    """
    rotary_slice = getattr(config, "qk_rope_head_dim", None)
    if rotary_slice is not None:
        whole = rotary_slice + getattr(config, "qk_nope_head_dim", 0)
        rotary_width("qk_rope_head_dim", rotary_slice, whole, whole)
        if head_dim == rotary_slice:  # all of it rotates: a factor describes the head from which it is cut
            return head_dim
    key = config.attribute_map.get("partial_rotary_factor", "partial_rotary_factor")
    value, rotary_dim = getattr(config, key, None), getattr(config, "rotary_dim", None)
    if value is None and isinstance(rotary_dim, int):  # as in MiniMax-Text-01
        width = rotary_width("rotary_dim", rotary_dim, head_dim, head_dim)
        if width < head_dim:
            logger.warning_once(
                f"`rotary_dim`={rotary_dim} rotates {width} of the {head_dim} channels of a head of "
                f"{type(config).__name__}. Releases up to 4.57.6 ignored this key and rotated all of them. If the "
                "weights were trained that way, take the key out of the config."
            )
        return width
    return getattr(config, "_rotary_width", rotary_width)(key, value, head_dim)


def unscaled_rotary_width(config: PretrainedConfig, head_dim: int) -> int:
    """
    The rotary width of a model that supports only the default RoPE, as in TensorFlow and Flax.

    Raises:
        ValueError: the config asks for another rope type, or for a width that does not fit the head.
    """
    scaling = getattr(config, "rope_scaling", None) or {}
    rope_type = scaling.get("rope_type", scaling.get("type", "default"))
    if rope_type != "default":
        raise ValueError(
            f"`rope_type`={rope_type!r} is refused: models in TensorFlow and Flax support only 'default'; leave it "
            "out, or use the PyTorch model"
        )
    return partial_rotary_width(config, head_dim)


def cosines_and_sines_at(
    position_ids: "torch.Tensor", inv_freq: "torch.Tensor", like: "torch.Tensor", scaling: float = 1.0
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """
    Cosines and sines of the angles at positions `[batch, positions]`, with all pairs twice:
    `[batch, positions, 2 * len(inv_freq)]` each. They are computed and scaled in float32, and have the dtype of
    `like`.
    """
    angles = position_ids[..., None].float() * inv_freq.float().to(like.device)
    angles = torch.cat((angles, angles), dim=-1)
    return (angles.cos() * scaling).to(like.dtype), (angles.sin() * scaling).to(like.dtype)
