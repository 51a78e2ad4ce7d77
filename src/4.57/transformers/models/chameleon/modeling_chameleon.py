import torch


class ChameleonDynamicNTKScalingRotaryEmbedding:
    def forward(self, x, position_ids):
        base, factor = self.base, self.scaling_factor
        if (length := torch.max(position_ids) + 1) > self.max_position_embeddings:
            grown = factor * length / self.max_position_embeddings - (factor - 1)
            base = base * grown ** (self.dim / max(self.dim - 2, 1))
        # Only the length of this batch counts: an earlier, longer batch has no effect
        channels = torch.arange(0, self.dim - self.dim % 2, 2, dtype=torch.int64)
        inv_freq = 1.0 / (base ** (channels.to(device=x.device, dtype=torch.float) / self.dim))
        self.register_buffer("inv_freq", inv_freq, persistent=False)
        return super().forward(x, position_ids)
