"""Small models with one error each in what they make of masks, and the exact set of checks that must catch each."""

import torch
from tiny_mask import MaskedAttention, TinyMaskModel
from torch import nn


CONTROLS: dict[str, tuple[type, frozenset[str]]] = {}


def caught(*names: str):
    """Registers a wrong model, or a wrong attention of the tiny model, that exactly these checks must catch."""

    def register(part: type) -> type:
        model_class = part
        if issubclass(part, MaskedAttention):
            model_class = type(f"{part.__name__}Model", (TinyMaskModel,), {"attention_class": part})
        CONTROLS[part.__name__] = (model_class, frozenset(names))
        return part

    return register


# A 4-D mask.


@caught("closed_rows", "given_mask", "mask_forms", "mask_length", "masks_per_head")
class IgnoresGiven(TinyMaskModel):
    """Takes a 4-D mask for no mask."""

    def mask(self, attention_mask, seen, batch, seq):
        given = attention_mask if attention_mask is None or attention_mask.dim() == 2 else None
        return self.plain(given, seen, batch, seq)


@caught("given_mask")
class CausalAnyhow(TinyMaskModel):
    """Closes what a causal mask closes, too."""

    def fitted(self, mask, keys):
        return super().fitted(mask, keys) & self.plain(None, keys - mask.shape[-2], len(mask), mask.shape[-2])


@caught("given_mask", "masks_per_head")
class FirstRowForAll(TinyMaskModel):
    def opened(self, given):
        return super().opened(given)[:1].expand(len(given), -1, -1, -1)


@caught("closed_rows", "given_mask", "masks_per_head", "padded_rows")
class FirstLayerOnly(TinyMaskModel):
    """Only the first layer gets the 4-D mask."""

    def run_layer(self, index, x, mask, position_ids, cache):
        if index:
            mask = self.plain(None, mask.shape[-1] - mask.shape[-2], len(mask), mask.shape[-2])
        return super().run_layer(index, x, mask, position_ids, cache)


# The forms of a mask.


@caught("mask_forms")
class AddsTrue(TinyMaskModel):
    """Adds True to the scores as 1, as eager attention upstream does, so that nothing is closed."""

    def opened(self, given):
        return super().opened(given) if given.is_floating_point() else torch.ones_like(given, dtype=torch.bool)


@caught("mask_forms")
class FloatsAlone(TinyMaskModel):
    """Has no answer to a mask of integers."""

    def opened(self, given):
        if not given.is_floating_point() and given.dtype != torch.bool:
            raise RuntimeError("expected a mask of floats")
        return super().opened(given)


@caught("mask_forms")
class TrueCloses(TinyMaskModel):
    def opened(self, given):
        return super().opened(given) ^ (given.dtype == torch.bool)


# Plain masks.


@caught("plain_masks")
class NothingGivenAllSeen(TinyMaskModel):
    """Without a mask, every token sees all."""

    def plain(self, attention_mask, seen, batch, seq):
        mask = super().plain(attention_mask, seen, batch, seq)
        return torch.ones_like(mask) if attention_mask is None else mask


@caught("closed_rows", "padded_rows", "plain_masks")
class CountsFromOnes(TinyMaskModel):
    """With a mask of ones and counted positions, positions are doubled."""

    def forward(self, input_ids, attention_mask=None, position_ids=None, past_key_values=None, use_cache=None):
        if attention_mask is not None and attention_mask.dim() == 2 and position_ids is None:
            position_ids = 2 * (attention_mask.cumsum(-1) - 1)[:, -input_ids.shape[1] :]
        return super().forward(input_ids, attention_mask, position_ids, past_key_values, use_cache)


# Implementations.


@caught("closed_rows", "given_mask", "implementations", "mask_forms", "mask_length", "masks_per_head", "padded_rows")
class FusedCausal(MaskedAttention):
    """Fused attention takes every mask for a causal one."""

    def attend_fused(self, q, k, v, mask):
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@caught("implementations", "masks_per_head")
class FlexUnscaled(MaskedAttention):
    def attend_flexibly(self, q, k, v, mask):
        return super().attend_flexibly(q * self.head_dim**0.5, k, v, mask)


# Heads.


@caught("masks_per_head")
class FirstHeadForAll(TinyMaskModel):
    def opened(self, given):
        return super().opened(given)[:, :1]


@caught("masks_per_head")
class HeadsReversed(TinyMaskModel):
    def opened(self, given):
        return super().opened(given).flip(1)


@caught("masks_per_head")
class FlexFirstHead(MaskedAttention):
    """Flex attention reads the first head's mask for all heads, as upstream does."""

    def attend_flexibly(self, q, k, v, mask):
        return super().attend_flexibly(q, k, v, mask[:, :1])


# Lengths.


@caught("mask_length")
class ShortIsOpen(MaskedAttention):
    """Keys that the mask does not state are open, empty slots of a cache of fixed length too."""

    def fit(self, mask, k):
        return nn.functional.pad(mask, (0, k.shape[-2] - mask.shape[-1]), value=True)


@caught("mask_length")
class LongerIsCutInFront(TinyMaskModel):
    def fitted(self, mask, keys):
        return super().fitted(mask[..., -keys:], keys)


@caught("mask_length")
class OneLengthOnly(TinyMaskModel):
    def fitted(self, mask, keys):
        if mask.shape[-1] != keys:
            raise RuntimeError(f"the mask has {mask.shape[-1]} columns, and there are {keys} keys")
        return mask


# Padding.


@caught("closed_rows", "padded_rows")
class ClosedRowsAreNaN(MaskedAttention):
    """A token that sees nothing becomes NaN, and through its value others do."""

    def attend(self, q, k, v, mask):
        dead = ~mask.any(dim=-1, keepdim=True)
        return super().attend(q, k, v, mask).masked_fill(dead, torch.nan)


@caught("closed_rows")
class NoClosedRows(TinyMaskModel):
    """Opens every key to a whole batch that has a token which sees nothing."""

    def opened(self, given):
        mask = super().opened(given)
        return mask | ~mask.any(dim=-1).all()


@caught("padded_rows")
class HearsPadding(TinyMaskModel):
    def plain(self, attention_mask, seen, batch, seq):
        return super().plain(None, seen, batch, seq)


@caught("padded_rows")
class HearsFirstPadding(TinyMaskModel):
    """Does not close the padding of the first row."""

    def plain(self, attention_mask, seen, batch, seq):
        if attention_mask is not None and len(attention_mask) > 1:
            attention_mask = torch.cat([torch.ones_like(attention_mask[:1]), attention_mask[1:]])
        return super().plain(attention_mask, seen, batch, seq)
