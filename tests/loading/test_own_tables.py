"""Tables that no checkpoint holds, in users' own models: a loaded model has the tables of its constructor."""

import copy

import pytest
import torch
from torch import nn

from transformers import AutoConfig, AutoModel, LlamaConfig, PreTrainedConfig, PreTrainedModel
from transformers.modeling_rope_utils import RotaryEmbeddingMixin, drops_values
from transformers.modeling_utils import logger
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding


CHANNELS, POSITIONS = 16, 64


def frequencies() -> torch.Tensor:
    return 1.0 / (777.0 ** (torch.arange(0, CHANNELS, 2).float() / CHANNELS))


def angles() -> torch.Tensor:
    return torch.outer(torch.arange(POSITIONS).float(), frequencies())


class Frequencies(nn.Module):
    """A class with an unusual name and one buffer."""

    def __init__(self, config):
        super().__init__()
        self.register_buffer("inv_freq", frequencies(), persistent=False)


class OwnRotaryEmbedding(Frequencies):
    """A class with the name that upstream looks for."""


class TwiceRotaryEmbedding(nn.Module):
    """Has the attributes that upstream looks for, but a table that upstream's functions do not compute."""

    def __init__(self, config):
        super().__init__()
        self.config, self.rope_type = config, "default"
        self.register_buffer("inv_freq", frequencies() / 2, persistent=False)
        self.original_inv_freq = self.inv_freq


class Cached(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.register_buffer("cos_cached", angles().cos(), persistent=False)
        self.register_buffer("sin_cached", angles().sin(), persistent=False)


class Complex(nn.Module):
    def __init__(self, config):
        super().__init__()
        turns = torch.polar(torch.ones_like(angles()), angles())
        self.register_buffer("freqs_cis", turns, persistent=False)


class Attribute(nn.Module):
    """No buffer: the tensor is a plain attribute."""

    def __init__(self, config):
        super().__init__()
        self.table = angles()


class Integers(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.register_buffer("mask", torch.ones(4, 4).tril().bool(), persistent=False)
        self.register_buffer("index", torch.arange(POSITIONS), persistent=False)


class Shared(nn.Module):
    """One tensor in two modules."""

    def __init__(self, config):
        super().__init__()
        table = angles()
        self.first, self.second = nn.Module(), nn.Module()
        self.first.register_buffer("table", table, persistent=False)
        self.second.register_buffer("table", table, persistent=False)


SHAPES = [Frequencies, OwnRotaryEmbedding, TwiceRotaryEmbedding, Cached, Complex, Attribute, Integers, Shared]


class OwnConfig(PreTrainedConfig):
    model_type = "own_tables"
    hidden_size: int = 32


class OwnModel(PreTrainedModel):
    config_class = OwnConfig
    rotary: type

    def __init__(self, config, *arguments):
        super().__init__(config)
        self.projection = nn.Linear(32, 32)
        self.rotary_emb = self.rotary(config)
        self.post_init()


class OwnModelWithInit(OwnModel):
    """As most code on the hub: it initializes only its layers."""

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            module.weight.data.normal_()
            module.bias.data.zero_()


def tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """All tensors of a model that are not parameters, by module and name."""
    return {
        f"{name}.{key}": value
        for name, module in model.named_modules()
        for key, value in [*module._buffers.items(), *vars(module).items()]
        if isinstance(value, torch.Tensor)
    }


def same(left: nn.Module, right: nn.Module) -> bool:
    ours, theirs = tensors(left), tensors(right)
    if ours.keys() != theirs.keys() or any(table.is_meta for table in (*ours.values(), *theirs.values())):
        return False
    return all(ours[name].dtype == theirs[name].dtype and torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.__name__)
def shape(request):
    return request.param


@pytest.fixture(params=[OwnModel, OwnModelWithInit], ids=lambda cls: cls.__name__)
def model_class(request, shape):
    return type(request.param.__name__, (request.param,), {"rotary": shape})


@pytest.fixture(autouse=True)
def used_memory():
    """Fills memory with values, so that newly allocated memory is not zero by chance."""
    kept = [torch.full((size,), 7e7) for size in (CHANNELS // 2, POSITIONS * CHANNELS // 2, 64) for _ in range(50)]
    del kept


def test_a_loaded_model_has_the_tables_of_its_constructor(tmp_path, model_class):
    model = model_class(OwnConfig())
    model.save_pretrained(tmp_path)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    loaded = model_class.from_pretrained(tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(model, loaded)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), loaded.parameters(), strict=True))


def test_a_model_loaded_in_bfloat16_has_the_tables_of_a_model_built_in_bfloat16(tmp_path, model_class):
    model_class(OwnConfig()).save_pretrained(tmp_path)
    loaded = model_class.from_pretrained(tmp_path, dtype=torch.bfloat16)
    built = model_class._from_config(OwnConfig(), dtype=torch.bfloat16)
    assert same(built, loaded)


def test_a_model_loaded_in_inference_mode_has_its_tables(tmp_path, model_class):
    model = model_class(OwnConfig())
    model.save_pretrained(tmp_path)
    with torch.inference_mode():
        assert same(model, model_class.from_pretrained(tmp_path))


def test_a_model_on_the_meta_device_has_its_tables_after_to_empty_and_loading(model_class):
    model = model_class(OwnConfig())
    with torch.device("meta"):
        bare = model_class(OwnConfig())
    bare.to_empty(device="cpu").load_state_dict(model.state_dict())
    assert same(model, bare)


@pytest.mark.parametrize("name", ["llama", "gemma3_text", "gpt_neox"])
def test_upstreams_models_have_their_tables_after_to_empty_and_loading(name):
    sizes = {"hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 2}
    config = AutoConfig.for_model(name, **sizes, intermediate_size=32, vocab_size=32, head_dim=16, pad_token_id=0)
    model = AutoModel.from_config(config)
    with torch.device("meta"):
        bare = AutoModel.from_config(config)
    bare.to_empty(device="cpu").load_state_dict(model.state_dict())
    assert same(model, bare)


class Holder(nn.Module):
    """A user's module, which does not use Transformers."""

    def __init__(self, held: nn.Module):
        super().__init__()
        self.held, self.head = held, nn.Linear(4, 4)


def test_a_model_within_another_module_has_its_tables_after_to_empty(model_class):
    model = Holder(model_class(OwnConfig()))
    with torch.device("meta"):
        bare = Holder(model_class(OwnConfig()))
    bare.to_empty(device="cpu").load_state_dict(model.state_dict())
    assert same(model, bare)


@pytest.mark.parametrize("name", ["llama", "gemma3_text", "gptj", "roformer", "llama4_text", "esm", "qwen2_vl_text"])
@pytest.mark.parametrize("from_meta", [True, False])
def test_upstreams_models_within_another_module_have_their_tables(name, from_meta):
    sizes = {"hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 2}
    sizes |= {"n_embd": 32, "n_head": 2, "n_layer": 1, "rotary_dim": 8, "embedding_size": 32}
    config = AutoConfig.for_model(name, **sizes, intermediate_size=32, vocab_size=32, head_dim=16, pad_token_id=0)
    model = Holder(AutoModel.from_config(config))
    with torch.device("meta" if from_meta else "cpu"):
        bare = Holder(AutoModel.from_config(config))
    bare.to_empty(device="cpu").load_state_dict(model.state_dict(), strict=False)
    assert same(model, bare)


@pytest.mark.parametrize("scaling", [{}, {"rope_type": "yarn", "factor": 2.0}])
def test_a_single_rotary_module_has_its_table_after_to_empty(scaling):
    config = LlamaConfig(hidden_size=32, num_attention_heads=2, rope_parameters={"rope_theta": 777.0} | scaling)
    rotary = LlamaRotaryEmbedding(config)
    with torch.device("meta"):
        bare = copy.deepcopy(LlamaRotaryEmbedding(config))
    assert same(rotary, bare.to_empty(device="cpu"))
    assert same(rotary, copy.deepcopy(rotary).to_empty(device="cpu"))


def test_a_rotary_module_moves_to_the_meta_device_without_being_built_again(monkeypatch):
    rotary = LlamaRotaryEmbedding(LlamaConfig(hidden_size=32, num_attention_heads=2))
    monkeypatch.setattr(LlamaRotaryEmbedding, "__init__", None)
    assert all(table.is_meta for table in rotary.to("meta").buffers())


class Recorder(nn.Module):
    """Stores the functions that `_apply` gets."""

    def _apply(self, fn, recurse=True):
        self.fn = fn
        return self


def test_only_the_function_of_to_empty_drops_values():
    recorder = Recorder()
    assert drops_values(recorder.to_empty(device="cpu").fn)
    for kept in (recorder.half(), recorder.to("cpu"), recorder.share_memory(), recorder.type(torch.int32)):
        assert not drops_values(kept.fn)
    for other in (lambda x: x.detach().clone(), torch.clone, None):
        assert not drops_values(other)


def of_some_shape(x: torch.Tensor) -> torch.Tensor:
    assert x.dim() > 0
    return x


@pytest.mark.parametrize("fn", [of_some_shape, lambda x: x.detach().clone(), lambda x: x[...].contiguous()])
def test_a_users_function_is_called_once_per_tensor_and_values_stay(fn):
    """As upstream does: a frequency that the user set stays, and the function gets each tensor once and no others."""
    model = AutoModel.from_config(
        LlamaConfig(hidden_size=32, num_attention_heads=2, num_hidden_layers=1, vocab_size=8)
    )
    with torch.no_grad():
        model.rotary_emb.inv_freq.mul_(0.5)
    before, seen = copy.deepcopy(model), []
    tensors = [*model.parameters(), *model.buffers()]
    model._apply(lambda x: (seen.append(x), fn(x))[1])
    assert sorted(map(id, seen)) == sorted(map(id, tensors))
    assert same(before, model)


def test_without_a_new_computation_the_table_is_wrong_memory(monkeypatch):
    """A negative control: upstream's code."""
    monkeypatch.setattr(RotaryEmbeddingMixin, "_compute_tables_again", lambda _: None)
    rotary = LlamaRotaryEmbedding(LlamaConfig(hidden_size=32, num_attention_heads=2))
    emptied = copy.deepcopy(rotary).to_empty(device="cpu")
    with torch.no_grad():
        emptied.inv_freq.mul_(1.0).add_(7)  # the memory may be right by chance
    assert not same(rotary, emptied)


def test_a_model_without_parameters_has_its_tables_after_to_empty():
    class Bare(PreTrainedModel):
        config_class = OwnConfig

        def __init__(self, config):
            super().__init__(config)
            self.rotary_emb = Cached(config)
            self.post_init()

    with torch.device("meta"):
        bare = Bare(OwnConfig())
    assert same(bare.to_empty(device="cpu"), Bare(OwnConfig()))


def test_a_tensor_with_two_names_stays_one_tensor(tmp_path):
    model_class = type("OwnModel", (OwnModel,), {"rotary": Shared})
    model_class(OwnConfig()).save_pretrained(tmp_path)
    rotary = model_class.from_pretrained(tmp_path).rotary_emb
    assert rotary.first.table is rotary.second.table


def test_values_that_init_weights_writes_stay(tmp_path):
    class Written(OwnModel):
        rotary = Frequencies

        def _init_weights(self, module):
            if isinstance(module, Frequencies):
                nn.init.constant_(module.inv_freq, 3.0)

    model = Written(OwnConfig())
    model.save_pretrained(tmp_path)
    assert Written.from_pretrained(tmp_path).rotary_emb.inv_freq.unique().tolist() == [3.0]


def test_arguments_of_the_constructor_count(tmp_path):
    class Scaled(OwnModel):
        rotary = Frequencies

        def __init__(self, config, scale):
            super().__init__(config)
            self.register_buffer("scaled", frequencies() * scale, persistent=False)

    Scaled(OwnConfig(), 5.0).save_pretrained(tmp_path)
    assert torch.equal(Scaled.from_pretrained(tmp_path, 5.0).scaled, frequencies() * 5.0)


def test_a_table_that_cannot_be_computed_again_is_named_and_not_random_memory(monkeypatch):
    class Scaled(OwnModel):
        rotary = Frequencies

        def __init__(self, config, scale):
            super().__init__(config)
            self.register_buffer("scaled", frequencies() * scale, persistent=False)

    warned = []
    monkeypatch.setattr(logger, "warning", warned.append)
    with torch.device("meta"):
        bare = Scaled(OwnConfig(), 5.0)
    bare.to_empty(device="cpu")
    assert any("scale" in message for message in warned)
    assert any("scaled" in message and "set to 0" in message for message in warned)
    assert not bare.scaled.any()


def test_no_model_is_built_twice_if_nothing_is_missing(tmp_path):
    class Counted(OwnModel):
        rotary = staticmethod(lambda config: nn.Identity())
        built = 0

        def __init__(self, config):
            type(self).built += 1
            super().__init__(config)

    Counted(OwnConfig()).save_pretrained(tmp_path)
    Counted.built = 0
    Counted.from_pretrained(tmp_path)
    assert Counted.built == 1


def test_the_model_that_is_built_for_its_tables_has_no_parameters(tmp_path):
    found = []

    class Watched(OwnModel):
        rotary = Frequencies

        def __init__(self, config):
            super().__init__(config)
            found.append({parameter.device.type for parameter in self.parameters()})

    Watched(OwnConfig()).save_pretrained(tmp_path)
    found.clear()
    Watched.from_pretrained(tmp_path)
    assert found == [{"meta"}, {"meta"}]


def test_the_properties_fail_if_no_table_is_filled(tmp_path, monkeypatch, model_class):
    """As upstream does: uninitialized memory, or no memory at all."""
    model = model_class(OwnConfig())
    model.save_pretrained(tmp_path)
    monkeypatch.setattr(PreTrainedModel, "_fill_placeholders", lambda *_: None)
    loaded = model_class.from_pretrained(tmp_path)
    with torch.no_grad():
        for table in tensors(loaded).values():  # the memory may still hold earlier, right values
            if not table.is_meta and getattr(table, "_is_placeholder", False):
                table.fill_(7)
    assert not same(model, loaded)


@pytest.mark.parametrize("wrong", ["memory", "meta", "other"])
def test_wrong_tables_fail(wrong):
    model_class = type("OwnModel", (OwnModel,), {"rotary": Cached})
    model = model_class(OwnConfig())
    other = copy.deepcopy(model)
    table = other.rotary_emb.cos_cached
    made = {"memory": torch.full_like(table, 7e7), "meta": table.to("meta"), "other": table.double()}
    other.rotary_emb.cos_cached = made[wrong]
    assert same(model, copy.deepcopy(model)) and not same(model, other)
