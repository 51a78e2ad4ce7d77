"""By how much each layer of a tiny model turns, for every form in which a 4.x config states its rotation.

Runs in a process that has imported one release: `python tests/form_tables.py write FILE MODEL...` writes the forms of
the models, as the config classes of that release show them, with what they give there; `... read FORMS FILE` what
another release makes of the same forms. JSON, a list of records.
"""

import copy
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from registry import parts_of, registered_models

import transformers
from transformers_conformance.facts.rope_types import SCALED_ROPE_TYPES
from transformers_conformance.harness.probe import Probe
from transformers_conformance.harness.sizes import MAX_POSITION_EMBEDDINGS, NUM_HEADS, SEQUENCE_LENGTH
from transformers_conformance.harness.tiny import model_of_config
from transformers_conformance.rope.case import Case
from transformers_conformance.rope.layers import layers_without_rope
from transformers_conformance.rope.reference import inverse_frequencies, pair_channels
from transformers_conformance.rope.rope_types import ORIGINAL_MAX_POSITION_EMBEDDINGS
from transformers_conformance.rope.rope_types import scaling_parameters as scaling_of
from transformers_conformance.rope.spec import RotarySpec
from transformers_conformance.rope.width import FlatFactor


HEAD_DIM = 8
BASE = 777.0  # no model's default
# Within the length that a model is configured for, and beyond it, where some types scale otherwise.
POSITIONS = (1, MAX_POSITION_EMBEDDINGS + 188)
_ORIGINAL = "original_max_position_embeddings"


@dataclass(frozen=True)
class Form:
    """One way of writing a rotation into a config of the 4.x releases.

    Args:
        name: what it is called in reports.
        keywords: of the config, its sizes included.
        n: the rotary width that it means.
        scaling: the rope type that it means, with its parameters; None for the default one.
        way: how the keywords reach the config: "keywords", "file" (a config.json), or "attributes" (set on it later).
        has_formula: whether all layers rotate by the one table that `n`, the base and `scaling` say.
    """

    name: str
    keywords: dict[str, Any]
    n: int
    scaling: dict[str, Any] | None = None
    way: str = "keywords"
    has_formula: bool = True


def main(arguments: list[str]) -> None:
    transformers.logging.set_verbosity_error()
    command, *rest = arguments
    if command == "write":
        file, *models = rest
        found = [
            {
                "model": model,
                "class": name,
                "form": asdict(form),
                "formula": _formula(spec, form) if form.has_formula else None,
                **_outcome(spec, form),
            }
            for model in models
            for name, spec in specs(model)
            for form in forms(spec)
        ]
    else:
        source, file = rest
        known: dict[str, dict[str, RotarySpec]] = {}
        found = []
        for record in json.loads(Path(source).read_text()):
            model = record["model"]
            if model not in known:
                known[model] = dict(specs(model))
            spec = known[model].get(record["class"])
            if spec is not None:
                found.append({**record, **_outcome(spec, Form(**record["form"]))})
    Path(file).write_text(json.dumps(found))


def specs(model: str) -> Iterator[tuple[str, RotarySpec]]:
    """The models that take tokens of a folder's tests, by the names of the tests."""
    try:
        parts = parts_of(registered_models()[model])
    except ImportError:  # this release has no such class
        return
    for part in parts:
        if isinstance(part.spec, RotarySpec):
            yield part.name, part.spec


def forms(spec: RotarySpec) -> Iterator[Form]:
    """Every form in which a config class of the 4.x releases takes its rotation."""
    width = spec.width
    if not isinstance(width, FlatFactor) or not spec.takes_position_ids:
        return
    sizes = spec.size_values(HEAD_DIM)
    declared = width.key in spec.fields
    default = spec.config_class(**sizes)
    n = HEAD_DIM if declared else width.read(default, HEAD_DIM)[0]
    base = {key: BASE for key in (width.base_key, width.local_base_key) if key is not None}
    if declared:
        base[width.key] = 1.0  # where a class rotates a part of the head by default
    sections = {"mrope_section": width.form._section(n // 2)} if width.form.mrope_section else {}
    plain = {"rope_scaling": {"rope_type": "default"} | sections} if sections else {}
    # A part of the config may state a base of its own, as DBRX's does
    has_parts = any(isinstance(value, dict) for value in sizes.values())
    one_table = not width.names_default and (width.base_key is not None or not has_parts)
    yield Form("base", sizes | base | plain, n, has_formula=one_table)
    yield Form("base, in a file", sizes | base | plain, n, way="file", has_formula=one_table)
    if not sections and not width.local_base_key:
        yield Form("base, set later", sizes | base, n, way="attributes", has_formula=one_table)
    half = base | {width.key: 0.5}
    if declared and not sections:
        yield Form("factor", sizes | half, HEAD_DIM // 2, has_formula=one_table)
        yield Form("factor, in a file", sizes | half, HEAD_DIM // 2, way="file", has_formula=one_table)
    if not width.takes_rope_type:
        return
    if not sections:
        yield Form("rope_scaling null", sizes | base | {"rope_scaling": None}, n)
    for rope_type in SCALED_ROPE_TYPES:
        if rope_type in spec.supported_rope_types:
            yield from _scaled_forms(spec, rope_type, n, sizes | base)
            if declared and rope_type != "longrope" and not sections:
                scaling = dict(scaling_of(Case(HEAD_DIM, HEAD_DIM // 2, 0.5, rope_type)))
                written = sizes | dict(width.rotation(scaling, HEAD_DIM)) | half
                yield Form(f"{rope_type}, factor", written, HEAD_DIM // 2, scaling)
    if width.local_base_key is not None:
        kinds = {"layer_types": ["sliding_attention", "full_attention"], "num_hidden_layers": 2}
        bases = {width.base_key: BASE, width.local_base_key: 3 * BASE}
        written = sizes | bases | {key: value for key, value in kinds.items() if key in spec.fields}
        yield Form("two bases", written, n, has_formula=False)
        scaled = {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}
        yield Form("two bases, scaled", written | scaled, n, has_formula=False)


def _scaled_forms(spec: RotarySpec, rope_type: str, n: int, stated: dict[str, Any]) -> Iterator[Form]:
    """The forms of one scaled rope type, beside what is stated apart from it."""
    width, fields = spec.width, spec.fields
    scaling = dict(scaling_of(Case(HEAD_DIM, n, 1.0, rope_type)))
    canonical = stated | {key: value for key, value in width.rotation(scaling, n).items() if key not in stated}
    canonical |= {key: value for key, value in width.rotation(scaling, n).items() if key.endswith("layer_types")}
    given = width.rotation(scaling, n)["rope_scaling"]
    rest = {key: value for key, value in given.items() if key != "rope_type"}
    by_type = {"type": rope_type} | rest
    written: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
        ("rope_type", given, "keywords", {}),
        ("type", by_type, "keywords", {}),
        ("both names", {"type": rope_type} | given, "keywords", {}),
        ("in a file", given, "file", {}),
        ("type, in a file", by_type, "file", {}),
        ("set later", given, "attributes", {}),
    ]
    if fields.defaults.get("head_dim", HEAD_DIM) is None:
        written.append(("head_dim None", given, "keywords", {"head_dim": None}))
    if "head_dim" in fields and "hidden_size" in fields:
        wider = {"head_dim": HEAD_DIM, "hidden_size": NUM_HEADS * HEAD_DIM * 3 // 2}
        written.append(("hidden_size of its own", given, "keywords", wider))
    if _ORIGINAL in given and _ORIGINAL in fields:
        short = {key: value for key, value in given.items() if key != _ORIGINAL}
        top = {_ORIGINAL: ORIGINAL_MAX_POSITION_EMBEDDINGS}
        written.append(("original length at the top", short, "keywords", top))
        written.append(("original length at the top, null inside", short | {_ORIGINAL: None}, "keywords", top))
    for name, asked, way, others in written:
        yield Form(f"{rope_type}, {name}", canonical | {"rope_scaling": asked} | others, n, scaling, way)


def _outcome(spec: RotarySpec, form: Form) -> dict[str, Any]:
    """What a form gives in this release: `turned`, a list of layers, or how it ends."""
    try:
        turned, error = _turned(spec, form), None
    except Exception as raised:
        turned, error = None, f"{type(raised).__name__}: {raised}"
    return {"turned": turned, "error": error}


def _config(spec: RotarySpec, form: Form) -> Any:
    keywords = copy.deepcopy(form.keywords)
    if form.way == "attributes":
        stated = {key: keywords.pop(key) for key in list(keywords) if key.startswith("rope") or "theta" in key}
        config = spec.config_class(**keywords)
        for key, value in stated.items():
            setattr(config, key, value)
        return config
    if form.way == "keywords":
        return spec.config_class(**keywords)
    with tempfile.TemporaryDirectory() as folder:
        written = {key: value for key, value in keywords.items() if key != "attn_implementation"}
        Path(folder, "config.json").write_text(json.dumps(written | {"model_type": spec.model_type}))
        return spec.config_class.from_pretrained(folder, attn_implementation="eager")


def _turned(spec: RotarySpec, form: Form) -> list[list[list[float]]]:
    """For each layer and position, what each pair is multiplied by, as a complex number, `[real, imaginary]`."""
    config = _config(spec, form)
    model = model_of_config(spec, config)
    case = Case(HEAD_DIM, form.n, None)
    probed = Probe(spec, case, model)
    # Position 0 of the unscaled model: a factor on cosines and sines shows at every position of the scaled one
    unscaled = replace(form, keywords=_unscaled(form.keywords), way="keywords")
    like = Probe(spec, case, model_of_config(spec, _config(spec, unscaled)))
    still = like.layers(torch.zeros(1, SEQUENCE_LENGTH, dtype=torch.long))
    without = layers_without_rope(model.config)
    first, second = (torch.as_tensor(channels) for channels in pair_channels(form.n // 2, spec.layout))
    found = []
    for position in POSITIONS:
        turned = probed.layers(torch.full((1, SEQUENCE_LENGTH), position))
        for index, (before, after) in enumerate(zip(still, turned, strict=True)):
            if index in without:
                continue
            a, b = (
                torch.complex(x.query[..., first].double(), x.query[..., second].double()) for x in (before, after)
            )
            ratio = (b * a.conj()).sum(dim=(0, 1, 2)) / (a.abs() ** 2).sum(dim=(0, 1, 2))
            if spec.normed_after_rotation:
                ratio = ratio / ratio.abs()
            found.append([[x.real.item(), x.imag.item()] for x in ratio])
    return found


def _unscaled(keywords: dict[str, Any]) -> dict[str, Any]:
    """The same keywords with the default rope type."""
    if not keywords.get("rope_scaling"):
        return keywords
    kept = {key: value for key, value in keywords["rope_scaling"].items() if key == "mrope_section"}
    return keywords | {"rope_scaling": kept | {"rope_type": "default"}}


def _formula(spec: RotarySpec, form: Form) -> list[list[list[float]]]:
    """The same of one layer, by the papers' formulas in float64."""
    base = BASE if spec.width.base_key is not None else spec.width.base
    found = []
    for position in POSITIONS:
        inv_freq, factor = inverse_frequencies(
            form.n,
            base,
            form.scaling,
            max_position_embeddings=MAX_POSITION_EMBEDDINGS,
            sequence_length=position + 1,
        )
        if spec.normed_after_rotation:
            factor = 1.0
        angles = torch.from_numpy(position * inv_freq)
        ratio = torch.polar(torch.full_like(angles, factor), angles)
        found.append([[x.real.item(), x.imag.item()] for x in ratio])
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
