"""What a GGUF file says of its rotary embeddings, and what releases of Transformers make of it.

The keys have the meaning of llama.cpp. The fork reads them; upstream reads the base of most architectures only.
"""

from collections.abc import Iterator
from typing import Any

from .finding import Finding
from .geometry import Layers, is_number, is_size
from .gguf_file import GgufHeader


# Architectures that Transformers loads; the base of the second group is not read by upstream.
_LOADED = frozenset(
    ("llama", "mistral", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "falcon", "phi3", "nemotron", "gemma2", "gemma3")
    + ("minimax-m2", "gpt-oss", "lfm2", "qwen35", "qwen35moe", "gemma4")
)
_LOADED_WITHOUT_BASE = frozenset(("stablelm", "starcoder2"))
_TYPES = ("none", "linear", "yarn", "longrope")
_FACTORS = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")


def architecture(header: GgufHeader) -> str:
    found = header.keys.get("general.architecture")
    return found if isinstance(found, str) else ""


def layers_of(header: GgufHeader) -> Layers:
    """The rotation that the file asks for. Layers with a sliding window may have a base of their own."""
    name = architecture(header)
    layers = Layers("", "")

    def stated(key: str) -> Any:
        return header.keys.get(f"{name}.{key}")

    layers.head_dim, layers.sources["head_dim"] = stated("attention.key_length"), f"{name}.attention.key_length"
    hidden, heads = stated("embedding_length"), stated("attention.head_count")
    if layers.head_dim is None and is_size(hidden) and is_size(heads):
        layers.head_dim = hidden // heads
        layers.sources["head_dim"] = f"{name}.embedding_length / {name}.attention.head_count"
    width = stated("rope.dimension_count")
    layers.rotary_ndims = layers.head_dim if width is None else width
    layers.sources["rotary_ndims"] = layers.sources["head_dim"] if width is None else f"{name}.rope.dimension_count"
    layers.base, layers.sources["base"] = stated("rope.freq_base"), f"{name}.rope.freq_base"
    _read_scaling(header, layers, f"{name}.rope.")
    return layers


def _read_scaling(header: GgufHeader, layers: Layers, prefix: str) -> None:
    kind = header.keys.get(f"{prefix}scaling.type")
    factor = header.keys.get(f"{prefix}scaling.factor") or header.keys.get(f"{prefix}scale_linear")
    layers.sources["rope_type"] = f"{prefix}scaling.type"
    if "rope_freqs.weight" in header.tensors or {"rope_factors_long.weight", "rope_factors_short.weight"} <= (
        header.tensors.keys()
    ):
        layers.rope_type, layers.sources["rope_type"] = "longrope", "tensors of frequency factors"
    elif kind in ("yarn", "longrope"):
        layers.rope_type = kind
    elif kind != "none" and is_number(factor) and factor != 1:
        layers.rope_type = "linear"
        layers.sources["rope_type"] = f"{prefix}scaling.factor"
    if layers.rope_type == "default":
        return
    if factor is not None:
        layers.parameters["factor"], layers.sources["factor"] = factor, f"{prefix}scaling.factor"
    original = header.keys.get(f"{prefix}scaling.original_context_length")
    if original is not None:
        key = "original_max_position_embeddings"
        layers.parameters[key], layers.sources[key] = original, f"{prefix}scaling.original_context_length"


def findings_of(header: GgufHeader) -> Iterator[Finding]:
    name, layers = architecture(header), layers_of(header)
    if not name:
        yield Finding("no-architecture", "general.architecture", "the key is missing", "convert the file again", True)
        return
    prefix = f"{name}.rope."
    loaded = name in _LOADED or name in _LOADED_WITHOUT_BASE
    kind = header.keys.get(f"{prefix}scaling.type")
    if kind is not None and kind not in _TYPES:
        text = f"`{prefix}scaling.type` is {kind!r}, and must be one of {', '.join(_TYPES)}"
        yield Finding("unknown-rope-type", f"{prefix}scaling.type", text, "correct the key", severe=True)
    for key in ("freq_base", "scaling.factor"):
        value = header.keys.get(prefix + key)
        if value is not None and not (is_number(value) and 0 < value < float("inf")):
            if key == "scaling.factor" and value == 0:
                continue  # llama.cpp's way to state none
            text = f"`{prefix}{key}` must be a finite number above 0, but is {value!r}"
            yield Finding("no-positive-number", prefix + key, text, "correct the key", severe=True)
    width, head = layers.rotary_ndims, layers.head_dim
    place = layers.sources["rotary_ndims"]
    if is_size(head) and not (isinstance(width, int) and 0 <= width <= head):
        text = f"`{prefix}dimension_count` must be a number from 0 to {head}, the width of a head, but is {width!r}"
        yield Finding("no-width", place, text, "correct the key", severe=True)
    elif is_size(width) and width % 2:
        text = f"{width} of {head} channels rotate, an odd number"
        yield Finding("odd-width", place, text, "use the fork, or ask for an even number of channels")
    if is_size(width):
        for tensor in _FACTORS:
            shape = header.tensors.get(tensor)
            if shape is not None and shape != (width // 2,):
                text = f"`{tensor}` has the shape {shape}, and {width} rotary channels have {width // 2} pairs"
                yield Finding("list-length", tensor, text, "convert the file again", severe=True)
    if not loaded:
        return
    use = "load the file with the fork, or state the key in a `config.json`"
    if is_size(width) and is_size(head) and width < head:
        text = f"{width} of {head} channels rotate, and upstream 5.x ignores `{prefix}dimension_count`"
        yield Finding("differs", place, text, use)
    if name in _LOADED_WITHOUT_BASE and layers.base not in (None, 10_000.0):
        text = f"the base is {layers.base}, and upstream 5.x does not read it for {name}"
        yield Finding("differs", layers.sources["base"], text, use)
    if layers.rope_type != "default":
        text = f"the file states scaling ({layers.rope_type}), and upstream 5.x ignores it"
        yield Finding("differs", layers.sources["rope_type"], text, use)
