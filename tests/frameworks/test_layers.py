"""A layer that is run without the `position_embeddings` of its model says so."""

import pytest
import torch
from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXLayer
from transformers.models.phi.modeling_phi import PhiDecoderLayer
from transformers.models.stablelm.modeling_stablelm import StableLmDecoderLayer

import transformers
from transformers.models.llama.modeling_llama import LlamaDecoderLayer


@pytest.mark.parametrize("layer_class", [GPTNeoXLayer, LlamaDecoderLayer, PhiDecoderLayer, StableLmDecoderLayer])
def test_a_layer_names_the_position_embeddings_that_it_lacks(layer_class):
    config_class = getattr(transformers, layer_class.__name__.removesuffix("Layer").removesuffix("Decoder") + "Config")
    config = config_class(hidden_size=16, intermediate_size=16, num_attention_heads=2)
    config._attn_implementation = "eager"
    with pytest.raises(ValueError, match="`position_embeddings` is required: the cosines and sines"):
        layer_class(config, layer_idx=0)(torch.ones(1, 3, 16), attention_mask=None)
