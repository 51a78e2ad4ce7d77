import torch

from transformers.masking_utils import find_packed_sequence_indices


rows = find_packed_sequence_indices(torch.tensor([[0, 1, 4, 5]]))
print("rows of the positions 0, 1, 4, 5:", None if rows is None else rows.tolist())
assert rows is None or rows.unique().numel() == 1
packed = find_packed_sequence_indices(torch.tensor([[0, 1, 0, 1]]))
assert packed.tolist() == [[0, 0, 1, 1]]
