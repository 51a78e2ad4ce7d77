"""A small right decoder that takes 4-D masks. Wrong models replace its methods."""

import torch
from torch import nn
from torch.nn.attention.flex_attention import flex_attention

from tiny_rope import TinyAttention, TinyRopeModel


class MaskedAttention(TinyAttention):
    def attend_flexibly(self, q, k, v, mask):
        mask = mask.expand(*q.shape[:2], -1, -1)

        def seen(score, batch, head, query, key):
            return torch.where(mask[batch, head, query, key], score, torch.finfo(score.dtype).min)

        return flex_attention(q, k, v, score_mod=seen)


class TinyMaskModel(TinyRopeModel):
    attention_class = MaskedAttention

    def mask(self, attention_mask, seen, batch, seq):
        """`[batch, 1 or heads, seq, seen + seq]`, true where a token may look."""
        if attention_mask is None or attention_mask.dim() == 2:
            return self.plain(attention_mask, seen, batch, seq)
        return self.fitted(self.opened(attention_mask), seen + seq)

    def plain(self, attention_mask, seen, batch, seq):
        return super().mask(attention_mask, seen, batch, seq)

    def opened(self, given: torch.Tensor) -> torch.Tensor:
        return given > -1000 if given.is_floating_point() else given.bool()

    def fitted(self, mask: torch.Tensor, keys: int) -> torch.Tensor:
        return nn.functional.pad(mask[..., :keys], (0, max(keys - mask.shape[-1], 0)))
