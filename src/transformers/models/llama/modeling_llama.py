from ...modeling_rope_utils import get_rotary_ndims


def apply_rotary_pos_emb(q, k, cos, sin, unsqueeze_dim=1):
    cos = cos.unsqueeze(unsqueeze_dim)
    sin = sin.unsqueeze(unsqueeze_dim)
    # The table decides the width: channels beyond it pass through
    partial = (rotary_ndims := cos.shape[-1]) < q.shape[-1]
    q_rot, k_rot = (q[..., :rotary_ndims], k[..., :rotary_ndims]) if partial else (q, k)
    # The sums are taken in place, in products that nothing else needs
    q_embed = (q_rot * cos).add_(rotate_half(q_rot) * sin)
    k_embed = (k_rot * cos).add_(rotate_half(k_rot) * sin)
    if partial:
        q_embed = torch.cat((q_embed, q[..., rotary_ndims:]), dim=-1)
        k_embed = torch.cat((k_embed, k[..., rotary_ndims:]), dim=-1)
    return q_embed, k_embed
