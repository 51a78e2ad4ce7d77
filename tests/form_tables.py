"""By how much each layer of a tiny model turns, for every form in which a 4.x config states its rotation.

Runs in a process that has imported one release: `python tests/form_tables.py write FILE MODEL...` writes the forms of
the models, as the config classes of that release show them, with what they give there; `... read FORMS FILE` what
another release makes of the same forms. JSON, a list of records.
"""

import copy
import importlib.util
import inspect
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

import transformers
from transformers_conformance.rope.case import Case
from transformers_conformance.rope.description import SCALED_ROPE_TYPES, Description
from transformers_conformance.rope.layers import layers_without_rope
from transformers_conformance.rope.probe import SEQUENCE_LENGTH, Probe
from transformers_conformance.rope.reference import inverse_frequencies, pair_channels
from transformers_conformance.rope.sizes import MAX_POSITION_EMBEDDINGS, NUM_HEADS
from transformers_conformance.rope.tiny import ORIGINAL_MAX_POSITION_EMBEDDINGS, model_of_config, size_values
from transformers_conformance.rope.tiny import scaling_parameters as scaling_of
from transformers_conformance.rope.width import FlatFactor
from transformers_conformance.testing import RotaryNdimsOddTestMixin


ROOT = Path(__file__).resolve().parents[1]
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
        keywords: of the config.
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
                "formula": _formula(description, form) if form.has_formula else None,
                **_outcome(description, form),
            }
            for model in models
            for name, description in descriptions(model)
            for form in forms(description)
        ]
    else:
        source, file = rest
        known: dict[str, dict[str, Description]] = {}
        found = []
        for record in json.loads(Path(source).read_text()):
            model = record["model"]
            if model not in known:
                known[model] = dict(descriptions(model))
            description = known[model].get(record["class"])
            if description is not None:
                found.append({**record, **_outcome(description, Form(**record["form"]))})
    Path(file).write_text(json.dumps(found))


def descriptions(model: str) -> Iterator[tuple[str, Description]]:
    """The models that take tokens of a folder's tests, by the names of the tests."""
    for path in sorted((ROOT / "tests" / "models" / model).glob("test_modeling_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except ImportError:  # this release has no such class
            continue
        for name, cls in vars(module).items():
            if inspect.isclass(cls) and issubclass(cls, RotaryNdimsOddTestMixin) and cls.config_class is not None:
                yield name, cls.rotary_description()


def forms(description: Description) -> Iterator[Form]:
    """Every form in which a config class of the 4.x releases takes its rotation."""
    width = description.width
    if not isinstance(width, FlatFactor) or not description.takes_position_ids:
        return
    whole, half = Case(HEAD_DIM, HEAD_DIM, 1.0), Case(HEAD_DIM, HEAD_DIM // 2, 0.5)
    base = {key: BASE for key in (width.base_key, width.local_base_key) if key is not None}
    if width.key in description.fields:
        base[width.key] = whole.value  # where a class rotates a part of the head by default
    one_table = not width.local_base_key and not width.form.mrope_section
    sections = {"mrope_section": width.form._section(HEAD_DIM // 2)} if width.form.mrope_section else {}
    plain = {"rope_scaling": {"rope_type": "default"} | sections} if sections else {}
    yield Form("base", base | plain, HEAD_DIM)
    yield Form("base, in a file", base | plain, HEAD_DIM, way="file")
    yield Form("base, set later", base, HEAD_DIM, way="attributes", has_formula=one_table)
    if width.key in description.fields and not sections:
        yield Form("factor", base | {width.key: half.value}, half.n)
        yield Form("factor, in a file", base | {width.key: half.value}, half.n, way="file")
    if not width.takes_rope_type:
        return
    if not sections:
        yield Form("rope_scaling null", base | {"rope_scaling": None}, HEAD_DIM)
    for rope_type in SCALED_ROPE_TYPES:
        if rope_type not in description.supported_rope_types:
            continue
        case = Case(HEAD_DIM, HEAD_DIM, whole.value, rope_type)
        scaling = dict(scaling_of(case))
        canonical = dict(width.rotation(scaling, HEAD_DIM)) | base
        given = canonical["rope_scaling"]
        rest = {key: value for key, value in given.items() if key != "rope_type"}

        def form(name: str, written: dict[str, Any], way: str = "keywords", **others: Any) -> Form:
            keywords = canonical | {"rope_scaling": written} | others
            return Form(f"{rope_type}, {name}", keywords, HEAD_DIM, scaling, way)

        yield form("rope_type", given)
        yield form("type", {"type": rope_type} | rest)
        yield form("both names", {"type": rope_type} | given)
        yield form("in a file", given, "file")
        yield form("type, in a file", {"type": rope_type} | rest, "file")
        yield form("set later", given, "attributes")
        if width.key in description.fields and rope_type != "longrope" and not sections:
            yield Form(f"{rope_type}, factor", canonical | {width.key: half.value}, half.n, scaling)
        if description.fields.defaults.get("head_dim", HEAD_DIM) is None:
            yield form("head_dim None", given, head_dim=None)
        if "head_dim" in description.fields and "hidden_size" in description.fields:
            yield form("hidden_size of its own", given, hidden_size=NUM_HEADS * HEAD_DIM * 3 // 2)
        if _ORIGINAL in given:
            short = {key: value for key, value in given.items() if key != _ORIGINAL}
            if _ORIGINAL in description.fields:
                top = {_ORIGINAL: ORIGINAL_MAX_POSITION_EMBEDDINGS}
                yield form("original length at the top", short, **top)
                yield form("original length at the top, null inside", short | {_ORIGINAL: None}, **top)
    if width.local_base_key is not None:
        scaled = {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}
        kinds = {"layer_types": ["sliding_attention", "full_attention"], "num_hidden_layers": 2}
        bases = {width.base_key: BASE, width.local_base_key: 3 * BASE}
        kinds = {key: value for key, value in kinds.items() if key in description.fields}
        yield Form("two bases", bases | kinds, HEAD_DIM, has_formula=False)
        yield Form("two bases, scaled", bases | scaled | kinds, HEAD_DIM, has_formula=False)


def _outcome(description: Description, form: Form) -> dict[str, Any]:
    """What a form gives in this release: `turned`, a list of layers, or how it ends."""
    try:
        turned, error = _turned(description, form), None
    except Exception as raised:
        turned, error = None, f"{type(raised).__name__}: {raised}"
    return {"turned": turned, "error": error}


def _config(description: Description, form: Form) -> Any:
    sizes, keywords = size_values(description, HEAD_DIM), copy.deepcopy(form.keywords)
    if form.way == "attributes":
        stated = {key: keywords.pop(key) for key in list(keywords) if key.startswith("rope") or "theta" in key}
        config = description.config_class(**(sizes | keywords))
        for key, value in stated.items():
            setattr(config, key, value)
        return config
    if form.way == "keywords":
        return description.config_class(**(sizes | keywords))
    with tempfile.TemporaryDirectory() as folder:
        written = {key: value for key, value in (sizes | keywords).items() if key != "attn_implementation"}
        Path(folder, "config.json").write_text(json.dumps(written | {"model_type": description.model_type}))
        return description.config_class.from_pretrained(folder, attn_implementation="eager")


def _turned(description: Description, form: Form) -> list[list[list[float]]]:
    """For each layer and position, what each pair is multiplied by, as a complex number, `[real, imaginary]`."""
    config = _config(description, form)
    model = model_of_config(description, config)
    case = Case(HEAD_DIM, form.n, None)
    probed = Probe(description, case, model)
    # Position 0 of the unscaled model: a factor on cosines and sines shows at every position of the scaled one
    unscaled = replace(form, keywords=_unscaled(form.keywords), way="keywords")
    like = Probe(description, case, model_of_config(description, _config(description, unscaled)))
    still = like.layers(torch.zeros(1, SEQUENCE_LENGTH, dtype=torch.long))
    without = layers_without_rope(model.config)
    first, second = (torch.as_tensor(channels) for channels in pair_channels(form.n // 2, description.layout))
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
            if description.normed_after_rotation:
                ratio = ratio / ratio.abs()
            found.append([[x.real.item(), x.imag.item()] for x in ratio])
    return found


def _unscaled(keywords: dict[str, Any]) -> dict[str, Any]:
    """The same keywords with the default rope type."""
    if not keywords.get("rope_scaling"):
        return keywords
    kept = {key: value for key, value in keywords["rope_scaling"].items() if key == "mrope_section"}
    return keywords | {"rope_scaling": kept | {"rope_type": "default"}}


def _formula(description: Description, form: Form) -> list[list[list[float]]]:
    """The same of one layer, by the papers' formulas in float64."""
    base = BASE if description.width.base_key is not None else description.width.base
    found = []
    for position in POSITIONS:
        inv_freq, factor = inverse_frequencies(
            form.n,
            base,
            form.scaling,
            max_position_embeddings=MAX_POSITION_EMBEDDINGS,
            sequence_length=position + 1,
        )
        if description.normed_after_rotation:
            factor = 1.0
        angles = torch.from_numpy(position * inv_freq)
        ratio = torch.polar(torch.full_like(angles, factor), angles)
        found.append([[x.real.item(), x.imag.item()] for x in ratio])
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
