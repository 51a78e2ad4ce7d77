"""On the 4.57 line too, a cast leaves rotary tables in float32."""

import pytest
from transformers.models.idefics.modeling_idefics import IdeficsEmbedding

from tests.casts import PROPERTIES
from transformers import LlamaConfig
from transformers.models.esm.modeling_esm import RotaryEmbedding
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding


MODULES = {
    "llama": lambda: LlamaRotaryEmbedding(LlamaConfig(hidden_size=32, num_attention_heads=4)),
    "idefics": lambda: IdeficsEmbedding(8),
    "esm": lambda: RotaryEmbedding(8),
}


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", MODULES)
def test_tables(name, holds):
    assert holds(MODULES[name])
