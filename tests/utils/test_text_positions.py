"""Text models that rotate by several axes take positions of each axis, also with the index in the row in front."""

import pytest
import torch
from transformers.models.qwen2_5_omni.configuration_qwen2_5_omni import Qwen2_5OmniTalkerConfig, Qwen2_5OmniTextConfig
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import (
    Qwen2_5OmniTalkerModel,
    Qwen2_5OmniThinkerTextModel,
)


SIZES = {"hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 1}
SIZES |= {"intermediate_size": 32, "vocab_size": 32, "head_dim": 16, "embedding_size": 32, "pad_token_id": 0}
SIZES |= {"rope_parameters": {"rope_type": "default", "rope_theta": 100.0, "mrope_section": [2, 3, 3]}}
MODELS = {"thinker": (Qwen2_5OmniTextConfig, Qwen2_5OmniThinkerTextModel)}
MODELS |= {"talker": (Qwen2_5OmniTalkerConfig, Qwen2_5OmniTalkerModel)}
LENGTH = 6
PLACES = torch.arange(LENGTH)
AXES = torch.stack((PLACES, PLACES.flip(0), 2 * PLACES))[:, None]


@pytest.fixture(params=MODELS)
def model(request) -> torch.nn.Module:
    config_class, model_class = MODELS[request.param]
    torch.manual_seed(0)
    return model_class(config_class(**SIZES)).eval()


def outputs(model: torch.nn.Module, position_ids: torch.Tensor | None) -> torch.Tensor:
    embeddings = torch.randn(1, LENGTH, SIZES["hidden_size"], generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return model(inputs_embeds=embeddings, position_ids=position_ids).last_hidden_state


def test_positions_with_and_without_the_index_in_the_row_are_equal(model):
    assert torch.equal(outputs(model, AXES), outputs(model, torch.cat((PLACES[None, None], AXES))))


def test_counted_positions_are_those_of_text_on_all_axes(model):
    of_text = PLACES.expand(3, 1, -1)
    assert torch.equal(outputs(model, None), outputs(model, of_text))
    assert torch.equal(outputs(model, of_text), outputs(model, PLACES[None]))
    assert not torch.equal(outputs(model, of_text), outputs(model, AXES))  # otherwise, equality would prove nothing
