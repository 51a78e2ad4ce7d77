"""What tiny models make of 4-D masks, a JSON object: run on upstream and on the fork by `test_given_masks.py`.

Each entry has the outputs of a pass, or the error.
"""

import json
from collections.abc import Callable
from unittest.mock import patch

import torch

from transformers import (
    BartConfig,
    BartModel,
    DynamicCache,
    LlamaConfig,
    LlamaModel,
    MistralConfig,
    MistralModel,
    StaticCache,
    T5Config,
    T5Model,
)
from transformers.integrations import flex_attention as flex
from transformers.masking_utils import create_causal_mask


TOKENS, WINDOW, SLOTS = 9, 4, 12
LOWEST = torch.finfo(torch.float32).min
ROW = torch.arange(4, 4 + TOKENS)[None]
SIZES = {
    "vocab_size": 32,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
LLAMA, MISTRAL = LlamaConfig(**SIZES), MistralConfig(**SIZES, sliding_window=WINDOW)
CAUSAL = torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril()[None, None]
VISIBLE = CAUSAL & (torch.arange(TOKENS) != 1)[None] | torch.eye(TOKENS, dtype=torch.bool)
DEAD = VISIBLE & (torch.arange(TOKENS) > 1)[:, None]  # the first two tokens see nothing
ITSELF = torch.eye(TOKENS, dtype=torch.bool)[None, None]
WINDOWED = CAUSAL.triu(1 - WINDOW)


def added(visible: torch.Tensor, closed: float = LOWEST) -> torch.Tensor:
    return torch.where(visible, 0.0, closed)


def model(config, attention: str = "eager", model_class: type = LlamaModel):
    config._attn_implementation = attention
    torch.manual_seed(0)
    made = model_class(config).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def once(mask: torch.Tensor, attention: str = "eager", rows: int = 1) -> torch.Tensor:
    return model(LLAMA, attention)(ROW.expand(rows, -1), attention_mask=mask)[0]


def padded(made_by_upstream: bool) -> torch.Tensor:
    """Two rows, one of them padded, under eager attention: by a 2-D mask, or by the 4-D bool mask that upstream itself
    makes of the 2-D mask for sdpa."""
    mask = torch.ones(2, TOKENS, dtype=torch.long)
    mask[1, :3] = 0
    if made_by_upstream:
        config = LlamaConfig(**SIZES, attn_implementation="sdpa")
        mask = create_causal_mask(config, torch.zeros(2, TOKENS, SIZES["hidden_size"]), mask, None)
        assert mask.dtype == torch.bool and mask.dim() == 4
    return model(LLAMA)(ROW.expand(2, -1), attention_mask=mask)[0]


def in_chunks(made, cache, masks: Callable[[int, int], torch.Tensor], chunks=(3, 2, 1, 1, 1, 1)) -> torch.Tensor:
    """A pass in chunks, each under `masks(start, stop)`."""
    found, start = [], 0
    for size in chunks:
        stop = start + size
        given = ROW[:, start:stop], masks(start, stop), torch.arange(start, stop)[None], cache
        found.append(made(given[0], attention_mask=given[1], position_ids=given[2], **{cache_keyword(made): cache})[0])
        start = stop
    return torch.cat(found, dim=1)


def cache_keyword(made) -> str:
    return "cache" if "cache" in made.forward.__code__.co_varnames else "past_key_values"


def windowed(form: Callable, visible: torch.Tensor, config=MISTRAL, static: bool = False, attention: str = "eager"):
    made = model(config, attention, MistralModel)
    cache = StaticCache(config=config, max_cache_len=SLOTS) if static else DynamicCache(config=config)
    return in_chunks(made, cache, lambda start, stop: form(visible[:, :, start:stop], start, stop))


def seen(mask, start, stop):
    return added(mask[..., :stop])


def kept(mask, start, stop):
    return added(mask[..., max(start - WINDOW + 1, 0) : stop])


def two_dimensional(mask, start, stop):
    return torch.ones(1, stop, dtype=torch.long)


def static(columns: Callable, attention: str = "eager") -> torch.Tensor:
    cache = StaticCache(config=LLAMA, max_cache_len=SLOTS)
    mask = torch.nn.functional.pad(VISIBLE, (0, SLOTS - TOKENS))
    return in_chunks(model(LLAMA, attention), cache, lambda start, stop: columns(mask[:, :, start:stop], stop))


def compiled(**given) -> torch.Tensor:
    return torch.compile(model(LLAMA), fullgraph=True, backend="eager")(ROW, use_cache=False, **given)[0]


def compiled_with_slots() -> torch.Tensor:
    cache = StaticCache(config=LLAMA, max_cache_len=SLOTS)
    made = torch.compile(model(LLAMA), fullgraph=True, backend="eager")
    return made(ROW, attention_mask=VISIBLE, cache=cache)[0]


def exported() -> torch.Tensor:
    made = model(LLAMA)
    program = torch.export.export(made, (), {"input_ids": ROW, "attention_mask": VISIBLE, "use_cache": False})
    return program.module()(input_ids=ROW, attention_mask=ITSELF, use_cache=False)[0]


def bart(mask: torch.Tensor) -> torch.Tensor:
    sizes = {f"{side}_{what}": 2 for side in ("encoder", "decoder") for what in ("layers", "attention_heads")}
    config = BartConfig(d_model=16, vocab_size=32, encoder_ffn_dim=16, decoder_ffn_dim=16, **sizes)
    made = model(config, "eager", BartModel)
    return made(ROW[:, :5], attention_mask=mask[..., :1, :5], decoder_input_ids=ROW, decoder_attention_mask=mask)[0]


def t5(attention: str) -> torch.Tensor:
    config = T5Config(d_model=32, d_kv=8, d_ff=32, num_layers=2, num_heads=4, vocab_size=32)
    made = model(config, attention, T5Model)
    tokens = ROW.expand(2, -1)
    return made(tokens, decoder_input_ids=tokens)[0]


HEADS = torch.stack([VISIBLE[0, 0], *[CAUSAL[0, 0]] * 3])[None]
ADDED_INTEGERS = torch.where(VISIBLE, 0, -10_000)
CELLS: dict[str, Callable[[], torch.Tensor]] = {
    **{
        f"{attention} {name}": lambda mask=mask, attention=attention: once(mask, attention)
        for attention in ("eager", "sdpa", "flex_attention")
        for name, mask in {
            "float": added(VISIBLE),
            "bool": VISIBLE,
            "int": VISIBLE.long(),
            "uint8": VISIBLE.byte(),
            "float of causal": added(CAUSAL),
            "float per head": added(HEADS),
        }.items()
    },
    "eager integers that are added": lambda: once(ADDED_INTEGERS),
    "eager infinite": lambda: once(added(VISIBLE, -torch.inf)),
    "eager infinite rows": lambda: once(added(DEAD, -torch.inf)),
    "eager lowest rows": lambda: once(added(DEAD)),
    "eager two rows": lambda: once(added(VISIBLE), rows=2),
    "eager one column": lambda: once(torch.zeros(1, 1, TOKENS, 1)),
    "eager padded": lambda: padded(made_by_upstream=False),
    "eager padded, by upstream's mask": lambda: padded(made_by_upstream=True),
    "flex two rows": lambda: once(added(VISIBLE), "flex_attention", rows=2),
    "flex two rows of t5": lambda: t5("flex_attention"),
    "eager two rows of t5": lambda: t5("eager"),
    "static whole": lambda: static(lambda mask, stop: added(mask)),
    "static seen": lambda: static(lambda mask, stop: added(mask[..., :stop])),
    "static seen sdpa bool": lambda: static(lambda mask, stop: mask[..., :stop], "sdpa"),
    "static whole sdpa bool": lambda: static(lambda mask, stop: mask, "sdpa"),
    "window without 4-D": lambda: windowed(two_dimensional, WINDOWED),
    "window kept": lambda: windowed(kept, WINDOWED),
    "window seen": lambda: windowed(seen, WINDOWED),
    "window seen static": lambda: windowed(seen, WINDOWED, static=True),
    "window opened": lambda: windowed(seen, CAUSAL),
    "window opened bool sdpa": lambda: windowed(lambda m, start, stop: m[..., :stop], CAUSAL, attention="sdpa"),
    "window opened static": lambda: windowed(seen, CAUSAL, static=True),
    "compiled bool": lambda: compiled(attention_mask=VISIBLE),
    "compiled integers that are added": lambda: compiled(attention_mask=ADDED_INTEGERS),
    "compiled with slots": compiled_with_slots,
    "exported bool": exported,
    "eager float of itself": lambda: once(added(ITSELF)),
    "bart float": lambda: bart(added(VISIBLE)),
    "bart bool": lambda: bart(VISIBLE),
}  # fmt: skip


def found(cell: Callable[[], torch.Tensor]) -> list | str:
    try:
        with (
            torch.no_grad(),
            patch.object(flex, "compile_friendly_flex_attention", plain_flex),
        ):
            return cell().double().nan_to_num(nan=1e9).tolist()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def plain_flex(query, key, value, training=False, **others):
    from torch.nn.attention.flex_attention import flex_attention

    return flex_attention(query, key, value, **others)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps({name: found(cell) for name, cell in CELLS.items()}))
