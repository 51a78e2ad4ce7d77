def _prepare_given_mask(
    config: PreTrainedConfig,
    inputs_embeds: torch.Tensor,
    attention_mask: torch.Tensor | BlockMask,
    cache: Cache | None,
    layer_idx: int | None,
    encoder_hidden_states: torch.Tensor | None,
) -> torch.Tensor | BlockMask:
    """
    A 4D mask of the caller, in the form that the attention implementation adds, and with one column for every key.

    A bool or int mask has True or 1 where a token may look; an int mask with a negative entry is added as it is. A
    column counts from the first token on. If columns are missing at the end, the keys there are closed. Columns behind
    the last key are cut, and so are those of keys that a sliding window has dropped. A mask that already has as many
    columns as the layer has keys keeps them all.

    Raises:
        ValueError: the mask opens a key that a sliding window has dropped. A traced pass cannot check this.
    """
    attention, mask = config._attn_implementation, attention_mask
    if not isinstance(mask, torch.Tensor) or attention not in ("eager", "sdpa", "flex_attention"):
        return mask
    lowest = torch.finfo(mask.dtype if mask.is_floating_point() else inputs_embeds.dtype).min
    if not mask.is_floating_point() and (attention != "sdpa" or mask.dtype != torch.bool):
        added = mask.to(inputs_embeds.dtype)
        mask = torch.where((mask < 0).any(), added, torch.where(mask != 0, torch.zeros_like(added), lowest))
    elif attention == "eager":
        mask = mask.clamp(min=lowest)  # a row of -inf alone would become NaN
    if not isinstance(cache, Cache) or encoder_hidden_states is not None:
        return mask
    kv_length, kv_offset = cache.get_mask_sizes(inputs_embeds.shape[1], layer_idx)
    # One column stands for all keys, except for the empty slots of a cache of fixed length.
    if mask.shape[-1] == kv_length or (mask.shape[-1] == 1 and not cache.is_compileable):
        return mask
    # The weakest value in use that closes a key is -10000.
    closed, open_above = (False, 0) if mask.dtype == torch.bool else (lowest, -1000)
    if not is_tracing(mask) and (mask[..., :kv_offset] > open_above).any():
        raise ValueError(
            f"`attention_mask` of shape {tuple(attention_mask.shape)} opens some of the first {kv_offset} tokens, but "
            f"the sliding window of layer {layer_idx} has dropped their keys. Close these columns, or set "
            "`sliding_window` in the config to more than the number of tokens."
        )
    mask = mask[..., kv_offset : kv_offset + kv_length]
    return F.pad(mask, (0, kv_length - mask.shape[-1]), value=closed)
