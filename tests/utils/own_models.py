"""Llama as a user's own model: a right one, and wrong ones that `./run_tests --model` must catch."""

import torch

from transformers import LlamaConfig, LlamaModel
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding


class OwnConfig(LlamaConfig):
    model_type = "own"


class OwnModel(LlamaModel):
    config_class = OwnConfig


class _BackwardsRotary(LlamaRotaryEmbedding):
    def forward(self, x, position_ids):
        cos, sin = super().forward(x, position_ids)
        return cos, -sin


class BackwardsModel(OwnModel):
    """Turns every pair in the other direction: the layout "half-split-reversed", by mistake."""

    def __init__(self, config):
        super().__init__(config)
        self.rotary_emb = _BackwardsRotary(config)


class UngroupedModel(OwnModel):
    """Crashes if several heads share a key."""

    def __init__(self, config):
        super().__init__(config)
        torch.zeros(config.num_attention_heads) + torch.zeros(config.num_key_value_heads)


class HidingModel(OwnModel):
    """Takes positions, but its signature does not show them."""

    def forward(self, *args, **kwargs):
        return super().forward(*args, **kwargs)
