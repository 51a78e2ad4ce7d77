import torch

# The rewrites beside this file use cosines_and_sines_at
from ...modeling_rope_utils import cosines_and_sines_at


class IdeficsEmbedding:
    def _apply(self, fn, recurse=True):
        """
        What `to`, `half` and their kin do to every tensor. Frequencies follow to another device, but not to a narrower
        type: what one is off by, an angle is off by a position's number of times.
        """
        table = self.inv_freq
        super()._apply(fn, recurse)
        if torch.finfo(self.inv_freq.dtype).bits < torch.finfo(table.dtype).bits:
            self.inv_freq = table.to(self.inv_freq.device)
        return self
