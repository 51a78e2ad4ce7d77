"""Which tiny value a config keyword gets, told by its name: config classes say most things in the same words.

No value may equal the number of tokens of a pass, `sizes.SEQUENCE_LENGTH`: scores are told by their shape.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from .config_fields import ConfigFields, default_config, takes_undeclared
from .sizes import (
    MAX_POSITION_EMBEDDINGS,
    MAX_POSITIONS,
    NUM_HEADS,
    NUM_KEY_VALUE_HEADS,
    NUM_LAYERS,
    VOCAB_SIZE,
)


# Not a token of a pass, and not padding, begin or end.
_SPECIAL_TOKEN = 3
_NUM_EXPERTS = 4
_LINEAR_HEAD_DIM = 16
_CHUNK = 16
_WINDOW = 64
# Kinds of layers where the class leaves it to its caller to name them.
_PLAIN_KINDS = {"layer_types": "full_attention", "mlp_layer_types": "dense"}

_HEADS = re.compile(r"(\w+_)?num_attention_heads|n_heads?|num_heads")
_KEY_HEADS = re.compile(r"(\w+_)?num_(global_)?(key_value|kv)_heads|kv_n_heads")
# The first name that fits counts. Sizes in brackets are functions of `head_dim`.
_RULES: tuple[tuple[str, Any], ...] = (
    ("(expert_)?ffn_hidden_size|(share|shared)_experts?_dim|moe_hidden_size", lambda d: 2 * NUM_HEADS * d),
    ("hidden_size_per_layer_input", lambda d: 2 * d),
    (
        "(\\w+_)?hidden_size|n_embd|d_model|embed_dim|(input|condition|projection)_dim|lru_width|embedding_size",
        lambda d: NUM_HEADS * d,
    ),
    (
        "(encoder_|decoder_)?num_hidden_layers|n_layers?|num_layers|(encoder|decoder)_layers|depth",
        lambda d: NUM_LAYERS,
    ),
    (_HEADS.pattern, lambda d: NUM_HEADS),
    (_KEY_HEADS.pattern, lambda d: NUM_KEY_VALUE_HEADS),
    ("(swa_|global_|v_|swa_v_|cross_)?head_dim|kv_channels", lambda d: d),
    ("(\\w+_)?intermediate_size(_\\w+)?|n_inner|ffn_dim|\\w+_ffn_dim", lambda d: 2 * NUM_HEADS * d),
    ("intermediate_multiple_size", lambda d: 2),
    ("(\\w+_)?vocab_size", lambda d: VOCAB_SIZE),
    ("vocab_size_per_layer_input", lambda d: VOCAB_SIZE),
    ("|".join(MAX_POSITIONS), lambda d: MAX_POSITION_EMBEDDINGS),
    ("(moe_)?num_(local_|routed_)?experts|n_routed_experts", lambda d: _NUM_EXPERTS),
    ("n_group|o_groups|topk_group|(moe_)?n_shared_experts|first_k_dense_replace|num_dense_layers", lambda d: 1),
    ("zero_expert_num", lambda d: 2),
    ("\\w+_rank", lambda d: 2 * d),
    ("(mamba_)?(d_state|ssm_state_size)|ssm_state_size", lambda d: _LINEAR_HEAD_DIM),
    ("mamba_n_heads|n_mamba_heads|mamba_num_heads", lambda d: NUM_HEADS),
    ("mamba_d_head|mamba_head_?dim", lambda d: 2 * d),
    ("mamba_d_ssm", lambda d: 2 * NUM_HEADS * d),
    ("mamba_n_groups|mamba_ngroups|n_groups", lambda d: 1),
    ("(mamba_)?chunk_size|block_size", lambda d: _CHUNK),
    ("linear_num_(key|value)_heads|linear_num_heads", lambda d: NUM_HEADS),
    ("linear_(key_|value_)?head_dim", lambda d: _LINEAR_HEAD_DIM),
    ("index_n_heads", lambda d: NUM_HEADS),
    ("num_kv_shared_layers", lambda d: 0),
    ("use_\\w*rope", lambda d: True),
    ("freeze_\\w+_layers", lambda d: False),
    ("base_channels|latent_channels", lambda d: 32),  # in groups of 32
    ("nemo_conv_channels|ext_pw_out_channel", lambda d: NUM_HEADS * d),
    ("vocabulary_map", lambda d: {"<image>": _SPECIAL_TOKEN}),
    ("attn_layer_period", lambda d: 1),
    ("attn_layer_offset", lambda d: 0),
    ("attn_layer_indices|full_attn_idxs", lambda d: list(range(NUM_LAYERS))),
)
_EXPERTS_OF_A_TOKEN = ("num_experts_per_tok", "moe_k", "moe_topk", "top_k_experts", "moe_top_k")
_PATTERNS = tuple((re.compile(pattern), size) for pattern, size in _RULES)
_DROPOUT_ENDINGS = ("dropout", "pdrop", "dropout_prob", "_dropout_rate")
_SPECIAL_TOKEN_NAME = re.compile(r"\w+_token_(id|index)")
# Sizes of heads of one kind of layers, which some classes take without declaring them.
_HEADS_OF_SOME_LAYERS = ("global_head_dim", "num_global_key_value_heads")
_KINDS_OF_POSITIONS = ("rotary", "rope")
_OWN_TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}


def tiny_sizes(config_class: type, fields: ConfigFields, head_dim: int) -> dict[str, Any]:
    """Config keywords of a tiny model with heads of `head_dim` channels, of those that the class takes."""
    values: dict[str, Any] = {}
    defaults = vars(default_config(config_class) or object)
    for name, default in fields.defaults.items():
        if name.endswith(_DROPOUT_ENDINGS):
            if not isinstance(default, bool):
                values[name] = 0.0
        elif _SPECIAL_TOKEN_NAME.fullmatch(name):
            if isinstance(default, int):
                values[name] = _SPECIAL_TOKEN
        elif name in _EXPERTS_OF_A_TOKEN:
            values[name] = min(default, 2) if isinstance(default, int) else 2
        elif isinstance(own := defaults.get(name), list | tuple) and own and isinstance(own[0], int):
            size = _by_name(name, head_dim).get(name)
            if isinstance(size, int):
                values[name] = [size] * (NUM_LAYERS if len(own) == defaults.get("num_hidden_layers") else len(own))
        elif name in getattr(config_class, "sub_configs", ()) and own is not None:
            sizes = tiny_sizes(type(own), ConfigFields.of(type(own)), head_dim)
            values[name] = sizes | {"model_type": own.model_type}
        else:
            values |= _by_name(name, head_dim)
    if "qk_rope_head_dim" in fields:
        values |= {name: NUM_HEADS for name in values if name == "num_key_value_heads"}  # a key for each head
    for name in _HEADS_OF_SOME_LAYERS:
        if name not in fields and takes_undeclared(config_class, name, NUM_HEADS):
            values |= _by_name(name, head_dim)
    kinds = layer_kinds(config_class)
    if fields.defaults.get("sliding_window", 0) is None and "layer_types" in fields:
        values["sliding_window"] = _WINDOW
    return values | {name: list(named) for name, named in kinds.items()} | _OWN_TOKENS


def kinds_of_positions(fields: ConfigFields) -> Iterator[dict[str, str]]:
    """Each way to ask for rotary positions by a config keyword that names the kind of positions."""
    for name in ("position_embedding_type", "position_embeddings_type"):
        if name in fields:
            yield from ({name: kind} for kind in _KINDS_OF_POSITIONS)


def has_heads(fields: ConfigFields) -> bool:
    """Whether a config has attention of its own, and does not only hold the configs of parts."""
    return any(_HEADS.fullmatch(name) or _KEY_HEADS.fullmatch(name) for name in fields.defaults)


def _by_name(name: str, head_dim: int) -> dict[str, Any]:
    size = _size_of(name)
    return {} if size is None else {name: size(head_dim)}


@cache
def _size_of(name: str) -> Callable[[int], Any] | None:
    return next((size for pattern, size in _PATTERNS if pattern.fullmatch(name)), None)


@cache
def layer_kinds(config_class: type) -> Mapping[str, Any]:
    """The keywords that list the kind of each layer, set to kinds with softmax attention alone.

    Recurrent and convolutional layers know no rotation, and two layers of a mixed model may hold no attention at all.
    """
    found = {}
    for name, kinds in _lists_of_kinds(config_class):
        attention = sorted({kind for kind in kinds if _attends(kind)}, key=by_plainness)[:NUM_LAYERS]
        found[name] = (attention * NUM_LAYERS)[:NUM_LAYERS]
    defaults = vars(default_config(config_class) or object)
    for name, kind in _PLAIN_KINDS.items():
        if name in ConfigFields.of(config_class).defaults and name not in found:
            named = defaults.get(name)
            if named is None or name == "layer_types":
                found[name] = [_accepted_kind(config_class, name, kind)] * NUM_LAYERS
    return found


def _accepted_kind(config_class: type, name: str, kind: str) -> str:
    """The kind, or its older name, where the class takes only that."""
    for known in (kind, "attention"):
        try:
            config_class(**{name: [known] * NUM_LAYERS}, num_hidden_layers=NUM_LAYERS)
        except Exception:
            continue
        return known
    return kind


def other_layers(config_class: type, fields: ConfigFields) -> Iterator[dict[str, Any]]:
    """Config keywords for models to which not all that the names say applies, mildest first.

    A key for each head; then all layers of one kind; then twice as many heads, for those twice as wide as the sizes
    say; then one layer without softmax attention, where a class demands one.
    """
    alone = {name: NUM_HEADS for name in fields.defaults if _KEY_HEADS.fullmatch(name)}
    alike = [{name: kinds} for name, kinds in _alike_layers(config_class)]
    narrow = {name: 2 * NUM_HEADS for name in fields.defaults if _HEADS.fullmatch(name) or name in alone}
    mixed = [{name: kinds} for name, kinds in _mixed_layers(config_class)]
    yield from (x for x in (alone, *alike, *(alone | kinds for kinds in alike), narrow, *mixed) if x)


def _alike_layers(config_class: type) -> Iterator[tuple[str, list[str]]]:
    """For each kind with softmax attention, the keyword of the kinds of layers, with all layers of that kind."""
    for name, kinds in _lists_of_kinds(config_class):
        for kind in sorted({kind for kind in kinds if _attends(kind)}, key=by_plainness):
            yield name, [kind] * NUM_LAYERS


def _mixed_layers(config_class: type) -> Iterator[tuple[str, list[str]]]:
    """The keyword of the kinds of layers, with one that has softmax attention before one that has not."""
    for name, kinds in _lists_of_kinds(config_class):
        others = [kind for kind in kinds if not _attends(kind)]
        if others:
            yield name, [min(filter(_attends, kinds), key=by_plainness), others[0]]


def _lists_of_kinds(config_class: type) -> Iterator[tuple[str, list[str]]]:
    """Attributes of a config of the class's own defaults that name a kind for each layer."""
    attributes = vars(default_config(config_class) or object)
    for name in ConfigFields.of(config_class).defaults:
        kinds = attributes.get(name)
        if isinstance(kinds, list | tuple) and kinds and all(isinstance(kind, str) for kind in kinds):
            if any(_attends(kind) for kind in kinds):
                yield name, list(kinds)


def _attends(kind: str) -> bool:
    return "attention" in kind and "linear" not in kind or kind == "hybrid"


def by_plainness(kind: str) -> tuple[bool, bool, str]:
    """Plain kinds first; full attention after sliding attention, as some classes demand it last."""
    return kind not in ("attention", "sliding_attention", "full_attention"), kind == "full_attention", kind
