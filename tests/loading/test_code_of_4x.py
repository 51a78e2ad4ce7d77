"""Model code that was written for 4.x loads, and rotates as in 4.57.6."""

import copy
import json
import math

import numpy as np
import pytest
import torch

from tests.loading.code_of_4x import tables_of_4x, write_checkpoint
from transformers import AutoConfig, AutoModel, PreTrainedConfig, dynamic_module_utils
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS, rope_config_validation


ORIGINAL, CONTEXT = 32, 256
LENGTHS = [8, CONTEXT]
HEAD_DIM = 16


def lists(pairs: int) -> dict[str, list[float]]:
    return {
        "short_factor": np.linspace(1, 1.5, pairs).round(3).tolist(),
        "long_factor": np.geomspace(1, 20, pairs).round(3).tolist(),
    }


SCALINGS = {
    "none": None,
    "default": {"rope_type": "default"},
    "linear": {"rope_type": "linear", "factor": 4.0},
    "linear, by its old key": {"type": "linear", "factor": 4.0},
    "dynamic": {"rope_type": "dynamic", "factor": 4.0},
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": ORIGINAL},
    "yarn, by its old key": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": ORIGINAL},
    "llama3": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": ORIGINAL,
    },
    "longrope": {"rope_type": "longrope", "factor": CONTEXT / ORIGINAL} | lists(HEAD_DIM // 2),
}


def config_of(model_type: str, scaling: dict | None, **others) -> dict:
    sizes = {"hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 1}
    sizes |= {"intermediate_size": 64, "vocab_size": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    stated = {"model_type": model_type, "rope_theta": 5e5, "max_position_embeddings": CONTEXT}
    if "short_factor" in (scaling or {}):  # 4.x reads the original length only next to the dict
        stated |= {"original_max_position_embeddings": ORIGINAL}
    return sizes | stated | {"rope_scaling": scaling} | others


CONFIGS = {
    f"{model}, {name}": config_of(model, scaling) for model in ("llama", "qwen2") for name, scaling in SCALINGS.items()
} | {
    "llama, head_dim null": config_of("llama", None, head_dim=None),
    "llama, a head of its own": config_of("llama", {"rope_type": "linear", "factor": 2.0}, head_dim=32),
    "phi3, none": config_of("phi3", None),
    "phi3, half of the head": config_of("phi3", None, partial_rotary_factor=0.5),
    # Phi-3-mini-128k as it was first published: `su`, and the original length next to the dict
    "phi3, su": config_of("phi3", {"type": "su"} | lists(8)),
    "phi3, longrope": config_of("phi3", {"type": "longrope"} | lists(8)),
    # Phi-4-mini: three keys, three quarters of the head
    "phi3, as Phi-4": config_of(
        "phi3",
        {"type": "longrope"} | lists(6),
        partial_rotary_factor=0.75,
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for a checkpoint; code that is copied from the checkpoint also stays in this folder."""
    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    return tmp_path / "checkpoint"


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[str, list[tuple[torch.Tensor, torch.Tensor]]]:
    """The tables of 4.57.6 for every config."""
    folders = [tmp_path_factory.mktemp("old") for _ in CONFIGS]
    for folder, config in zip(folders, CONFIGS.values(), strict=True):
        write_checkpoint(folder, config, False)
    return dict(zip(CONFIGS, tables_of_4x(folders, LENGTHS), strict=True))


def tables(model: torch.nn.Module) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Tables by length, in the form of `tables_of_4x`, also after a sequence that needed another table."""
    found = [model(torch.zeros(1, length, 1), torch.arange(length)[None]) for length in (*LENGTHS, LENGTHS[0])]
    assert all(torch.equal(*pair) for pair in zip(found[0], found[-1], strict=True))
    return found[:-1]


@pytest.mark.parametrize("own_init", [False, True], ids=["inherits its init", "has its own init"])
@pytest.mark.parametrize("name", CONFIGS)
def test_rotary_code_of_4x_rotates_as_in_4x(folder, expected, name, own_init):
    write_checkpoint(folder, CONFIGS[name], own_init)
    built = AutoModel.from_config(AutoConfig.from_pretrained(folder), trust_remote_code=True)
    built.save_pretrained(folder)
    write_checkpoint(folder, CONFIGS[name], own_init)  # saving has overwritten the config of 4.x
    loaded = AutoModel.from_pretrained(folder, trust_remote_code=True)
    for model in (built, loaded):
        for (cos, sin), (old_cos, old_sin) in zip(tables(model), expected[name], strict=True):
            assert torch.equal(cos, old_cos) and torch.equal(sin, old_sin)


@pytest.mark.parametrize("name", [name for name in CONFIGS if "phi3" in name])
def test_phi3_rotates_as_in_4x_and_as_the_formula_of_longrope(folder, expected, name):
    config = CONFIGS[name]
    write_checkpoint(folder, config, False)
    model = AutoModel.from_config(AutoConfig.from_pretrained(folder))
    width = int(HEAD_DIM * config.get("partial_rotary_factor", 1.0))
    angles = config["rope_theta"] ** (-2 * np.arange(width // 2, dtype=np.float64) / width)
    for length, (old_cos, old_sin) in zip(LENGTHS, expected[name], strict=True):
        cos, sin = model.rotary_emb(torch.zeros(1, length, 1), torch.arange(length)[None])
        assert torch.equal(cos, old_cos) and torch.equal(sin, old_sin)
        factors, magnitude = 1.0, 1.0
        if config["rope_scaling"]:
            factors = np.asarray(config["rope_scaling"]["long_factor" if length > ORIGINAL else "short_factor"])
            magnitude = math.sqrt(1 + math.log(CONTEXT / ORIGINAL) / math.log(ORIGINAL))
        turned = np.arange(length)[:, None] * np.concatenate([angles / factors] * 2)
        # Errors of an angle of up to `length` radians in float32: roundings of the exponent and of the product
        tolerance = 4 * length * (1 + math.log(config["rope_theta"])) * torch.finfo(torch.float32).eps
        np.testing.assert_allclose(cos[0].double().numpy(), np.cos(turned) * magnitude, atol=tolerance)
        np.testing.assert_allclose(sin[0].double().numpy(), np.sin(turned) * magnitude, atol=tolerance)


@pytest.mark.parametrize("factor", [1.0, 0.5, 0.75])
@pytest.mark.parametrize("head_dim", [None, 16, 10])
def test_the_default_table_is_the_papers(head_dim, factor):
    config = AutoConfig.for_model("llama", head_dim=16, hidden_size=64, num_attention_heads=4, rope_theta=5e5)
    config.head_dim = head_dim
    config.rope_parameters["partial_rotary_factor"] = factor
    table, magnitude = ROPE_INIT_FUNCTIONS["default"](config, "cpu")
    width = int((head_dim or 16) * factor)
    expected = 5e5 ** (-2 * np.arange(width // 2, dtype=np.float64) / width)
    tolerance = 4 * (1 + math.log(5e5)) * torch.finfo(torch.float32).eps
    np.testing.assert_allclose(table.double().numpy(), expected, rtol=tolerance)
    assert magnitude == 1.0


def test_the_default_table_is_found_under_the_name_that_4x_had():
    from transformers.modeling_rope_utils import _compute_default_rope_parameters

    assert ROPE_INIT_FUNCTIONS["default"] is _compute_default_rope_parameters


def test_the_default_table_of_a_layer_type_is_its_own():
    parameters = {"full_attention": {"rope_theta": 1e6}, "sliding_attention": {"rope_theta": 1e4}}
    config = AutoConfig.for_model("gemma3_text", head_dim=16, rope_parameters=parameters)
    bases = [ROPE_INIT_FUNCTIONS["default"](config, layer_type=kind)[0][1] ** -8 for kind in parameters]
    assert [base.item() for base in bases] == pytest.approx([1e6, 1e4], rel=1e-4)


class ConfigOf4x(PreTrainedConfig):
    """A config class like those next to a checkpoint: it sets its arguments, and lets 4.x validate them."""

    model_type = "config_of_4x"

    def __init__(self, rope_theta=10_000.0, rope_scaling=None, max_position_embeddings=CONTEXT, **others):
        self.hidden_size, self.num_attention_heads = 64, 4
        self.max_position_embeddings = max_position_embeddings
        self.rope_theta, self.rope_scaling = rope_theta, rope_scaling
        if self.rope_scaling is not None and "type" in self.rope_scaling:
            self.rope_scaling["rope_type"] = self.rope_scaling["type"]
        rope_config_validation(self)
        super().__init__(**others)


@pytest.mark.filterwarnings("ignore:`rope_config_validation` is deprecated")
@pytest.mark.parametrize("name", [name for name in SCALINGS if name != "longrope"])
def test_a_config_class_of_4x_asks_for_the_tables_that_llama_asks_for(expected, name):
    config = ConfigOf4x(rope_theta=5e5, rope_scaling=copy.deepcopy(SCALINGS[name]))
    scaling = SCALINGS[name] or {}
    rope_type = scaling.get("rope_type", scaling.get("type", "default"))
    table, magnitude = ROPE_INIT_FUNCTIONS[rope_type](config, "cpu", seq_len=LENGTHS[0])
    cos, _ = expected[f"llama, {name}"][0]  # the tables of 4.57.6 for a sequence of this length
    turned = (torch.arange(LENGTHS[0])[:, None] * torch.cat([table, table])).cos() * magnitude
    assert torch.equal(turned[None], cos)


def test_other_code_fails(folder, expected):
    """The property fails if tables are swapped."""
    write_checkpoint(folder, CONFIGS["llama, linear"], False)
    other = CONFIGS["llama, linear"] | {"rope_scaling": {"rope_type": "linear", "factor": 4.01}}
    (folder / "config.json").write_text(json.dumps(other | {"auto_map": {"AutoModel": "modeling_old.OldModel"}}))
    model = AutoModel.from_config(AutoConfig.from_pretrained(folder), trust_remote_code=True)
    pairs = zip(tables(model), expected["llama, linear"], strict=True)
    assert not any(torch.equal(cos, old) for (cos, _), (old, _) in pairs)
