import torch


def deinterleave_head_dim(x: torch.Tensor, rotary_ndims: int) -> torch.Tensor:
    """
    Moves pairs of neighbours among the first `rotary_ndims` channels into two halves, `(x0, x2, ..., x1, x3, ...)`, so
    that the half-split rotation turns them; later channels stay in place.
    """
    paired, passing = x[..., :rotary_ndims], x[..., rotary_ndims:]
    return torch.cat((paired[..., 0::2], paired[..., 1::2], passing), dim=-1)
