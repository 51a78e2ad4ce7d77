"""A small right decoder that computes positions on three axes. Wrong models replace its parts."""

from types import SimpleNamespace

import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

from transformers_conformance.rope.several_axes_spec import HEAD_DIM, SeveralAxesSpec


IMAGE, VIDEO, VOCAB, WIDTH = 4, 5, 64, HEAD_DIM


class TinyMultimodalConfig(PretrainedConfig):
    model_type = "tiny_multimodal"


class TinyMultimodalModel(PreTrainedModel):
    """One layer of attention with one head; its cache holds all earlier inputs."""

    config_class = TinyMultimodalConfig

    def __init__(self, config: TinyMultimodalConfig):
        super().__init__(config)
        self.embed = nn.Embedding(VOCAB, WIDTH)
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.head = nn.Linear(WIDTH, VOCAB)
        self.deltas = None
        self.post_init()

    def get_input_embeddings(self):
        return self.embed

    # --- positions, which wrong models replace -----------------------------------------------------------------------

    def block(self, begin: int, grid: list[int]) -> torch.Tensor:
        """`[3, tokens]` of an image or a video."""
        frames, height, width = grid
        axes = (torch.arange(frames), torch.arange(height), torch.arange(width))
        return torch.stack(torch.meshgrid(*axes, indexing="ij")).reshape(3, -1) + begin

    def after(self, block: torch.Tensor, begin: int) -> int:
        """The position at which text after a block begins."""
        return int(block.max()) + 1

    def grids_of(self, grids: dict[int, list], kind: int) -> list[int]:
        return grids[kind].pop(0)

    def counted_row(self, kinds: list[int], grids: dict[int, list]) -> torch.Tensor:
        """`[3, tokens]` of one row."""
        placed, place, begin = [], 0, 0
        while place < len(kinds):
            if kinds[place] == 0:
                placed.append(torch.full((3, 1), begin))
                begin += 1
            else:
                block = self.block(begin, self.grids_of(grids, kinds[place]))
                placed.append(block)
                begin = self.after(block, begin)
            place += placed[-1].shape[1]
        return torch.cat(placed, dim=1)

    def count(self, kinds: torch.Tensor, mask: torch.Tensor, grids: dict[int, list]) -> torch.Tensor:
        """`[3, rows, tokens]`; keeps the differences of positions and token counts (deltas) for later steps."""
        positions = torch.zeros(3, *kinds.shape, dtype=torch.long)
        deltas = []
        for row, real in enumerate(mask.bool()):
            counted = self.counted_row(kinds[row][real].tolist(), grids)
            positions[:, row, real] = counted
            deltas.append(counted.max() + 1 - real.sum())
        self.deltas = torch.stack(deltas)[:, None]
        return positions

    def begin(self) -> None:
        """Forgets the deltas of an earlier request."""
        self.deltas = None

    def kept(self, deltas: torch.Tensor | None) -> torch.Tensor | None:
        """The deltas that a step uses, from those in its cache."""
        return deltas

    def steps(self, mask: torch.Tensor, tokens: int) -> torch.Tensor:
        """`[3, rows, tokens]` of the last tokens of rows, from a mask of all tokens."""
        counted = (mask.cumsum(-1) - 1)[:, -tokens:]
        return (counted if self.deltas is None else counted + self.deltas).expand(3, -1, -1)

    # --- attention ---------------------------------------------------------------------------------------------------

    def turned(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        pairs = WIDTH // 2
        axis = torch.tensor([0, 0, 1, 1, 1, 2, 2, 2])
        angles = positions.float().permute(1, 2, 0)[..., axis] * 10.0 ** -torch.arange(0, 2, 2 / pairs)
        first, second = x[..., :pairs], x[..., pairs:]
        cos, sin = angles.cos(), angles.sin()
        return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)

    def rows_apart(self, text: torch.Tensor) -> torch.Tensor:
        """`[rows, tokens]`: the index of the packed row that a token belongs to, from positions of text."""
        return (text.diff(dim=-1, prepend=text[:, :1]) < 0).cumsum(-1)

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        position_ids=None,
        past_key_values=None,
        inputs_embeds=None,
        use_cache=None,
        mm_token_type_ids=None,
        image_grid_thw=None,
        video_grid_thw=None,
    ):
        x = self.embed(input_ids) if inputs_embeds is None else inputs_embeds
        past = None if past_key_values is None else past_key_values
        length = x.shape[1] + (0 if past is None else past[0].shape[1])
        mask = torch.ones(len(x), length, dtype=torch.long) if attention_mask is None else attention_mask
        grids = {1: image_grid_thw, 2: video_grid_thw}
        grids = {kind: [] if found is None else found.tolist() for kind, found in grids.items()}
        apart = torch.zeros(mask.shape, dtype=torch.long)
        if position_ids is None:
            if past is None:
                self.begin()
            else:
                self.deltas = self.kept(past[2])
            if past is None and mm_token_type_ids is not None and input_ids is not None and any(grids.values()):
                position_ids = self.count(mm_token_type_ids, mask, grids)
            else:
                position_ids = self.steps(mask, x.shape[1])
        elif position_ids.dim() == 2 or len(position_ids) == 4:
            text = position_ids if position_ids.dim() == 2 else position_ids[0]
            apart = self.rows_apart(text)
            position_ids = text.expand(3, -1, -1) if position_ids.dim() == 2 else position_ids[1:]
        q, k, v = self.turned(self.q(x), position_ids), self.turned(self.k(x), position_ids), self.v(x)
        if past is not None:
            k, v = torch.cat((past[0], k), dim=1), torch.cat((past[1], v), dim=1)
        causal = torch.ones(length, length, dtype=torch.bool).tril()[-x.shape[1] :]
        same_row = apart[:, -x.shape[1] :, None] == apart[:, None]
        scores = q @ k.mT * WIDTH**-0.5
        scores = scores.masked_fill(~(causal & same_row & mask.bool()[:, None]), torch.finfo(scores.dtype).min)
        logits = self.head(x + scores.softmax(-1) @ v)
        return SimpleNamespace(logits=logits, past_key_values=(k, v, self.deltas))

    @torch.no_grad()
    def generate(self, input_ids, max_new_tokens, num_return_sequences=1, attention_mask=None, **inputs):
        """Always greedy; repeats each row `num_return_sequences` times."""
        again = {"input_ids": input_ids, "attention_mask": attention_mask, **inputs}
        passed = self(**{name: value for name, value in again.items() if name in _INPUTS})
        logits, sequences, cache = passed.logits[:, -1:], input_ids, passed.past_key_values
        found = []
        for _ in range(max_new_tokens):
            found.append(logits[:, -1])
            column = logits[:, -1].argmax(-1, keepdim=True)
            sequences = torch.cat((sequences, column), dim=1)
            attention_mask = torch.cat((attention_mask, torch.ones_like(column)), dim=1)
            passed = self(input_ids=column, attention_mask=attention_mask, past_key_values=cache)
            logits, cache = passed.logits, passed.past_key_values
        times = num_return_sequences
        return SimpleNamespace(
            sequences=sequences.repeat_interleave(times, 0), logits=[one.repeat_interleave(times, 0) for one in found]
        )


_INPUTS = ("input_ids", "attention_mask", "mm_token_type_ids", "image_grid_thw", "video_grid_thw")


class TinyMultimodal(SeveralAxesSpec):
    """A spec with fixed tokens and sizes, because the config states none."""

    values = {"image_token_id": IMAGE, "video_token_id": VIDEO}
    merged = 1


def whole_of(model_class: type = TinyMultimodalModel) -> SeveralAxesSpec:
    return TinyMultimodal(TinyMultimodalConfig, model_class)
