"""What a config is asked is honoured, or refused by name."""

import copy
import itertools
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ...core.messages import collected_messages, without_announcements
from ...core.refusal import names, names_value, refuses, told
from ...core.verdict import ConformanceError, Verdict, require_refusal
from ...harness import positions
from ...harness.probe import Probe
from ...harness.sizes import MAX_POSITION_EMBEDDINGS
from ...harness.tiny import build_model, model_of, model_of_config
from ...harness.tiny_config import by_plainness
from ..case import Case
from ..equivalent_configs import equivalent_configs
from ..invalid_values import invalid_values
from ..layer_types import named_layers
from ..properties import (
    FEW_HEADS,
    always_asked,
    full_and_half,
    half_width,
    odd_width,
    rope_property,
    without_position_ids,
)
from ..questionable_values import questionable_values, valid_values
from ..reference import inverse_frequencies
from ..rope_types import scaling_parameters
from ..spec import RotarySpec
from ..width import RopeParametersFactor
from .assertions import require_tables


@rope_property("R1", widths=lambda head_dim: (0, 1, 3), excluded=always_asked)
def check_warning(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """One rotary channel makes no pair: building the model says so, naming the key and the value, and only then."""
    with collected_messages() as messages:
        build_model(spec, case)
    key = spec.width.key
    said = without_announcements(messages)
    naming = [message for message in said if names(message, key) and names_value(message, case.value)]
    expected = f"{'one' if case.n == 1 else 'none'} that names {key!r} and {case.value!r}"
    verdict.require(bool(naming) == (case.n == 1), "warnings while the model is built", expected, messages)
    if case.n != 1 or not isinstance(spec.width, RopeParametersFactor):
        return
    if spec.width.form.plain:
        _require_warning_of_a_small_head(spec, verdict)
    heads = {"a head that is stated": _stated_head, "layers of two kinds": _two_kinds}
    for what, asked in heads.items():
        for values, said in asked(spec, case):
            found = _said(spec, case, values)
            if found.crash is not None:
                raise found.crash
            if found.refused:  # by a class of which this cannot be asked
                continue
            expected = f"{'one' if said else 'none'} that names {key!r}"
            verdict.require(found.names(key) == said, f"said of {what}, asked for {values}", expected, found.messages)


def _require_warning_of_a_small_head(spec: RotarySpec, verdict: Verdict) -> None:
    """The same of a head of one channel, whose config says nothing of its rotation."""
    with collected_messages() as messages:
        model = model_of(spec, spec.size_values(1))
    n, _ = spec.width.read(model.config, 1)
    said = any(names(message, spec.width.key) for message in without_announcements(messages))
    expected = f"{'one' if n == 1 else 'none'} that names {spec.width.key!r}"
    verdict.require(said == (n == 1), "warnings while a model with heads of one channel is built", expected, messages)


def _stated_head(spec: RotarySpec, case: Case) -> Iterator[tuple[dict[str, Any], bool]]:
    """Config keywords by which a head is twice as wide as hidden channels divided by heads, and whether to warn."""
    wide = {"head_dim": 2 * case.head_dim}
    if "head_dim" not in spec.fields:
        return
    try:
        config = _config(spec, case, wide)
    except Exception as error:
        if refuses(error, wide):  # by a class whose sizes have to fit each other
            return
        raise
    # Some classes write over what is stated, and some give layers heads of their own.
    if vars(config).get("head_dim") == wide["head_dim"] and not getattr(config, "is_heterogeneous", False):
        for factor in (case.value, case.value / 2):
            yield wide | spec.width.config_values(factor, None, wide["head_dim"]), factor != case.value


def _two_kinds(spec: RotarySpec, case: Case) -> Iterator[tuple[dict[str, Any], bool]]:
    """The same, of two kinds of layers with parameters of their own: of which one has none, or heads twice as wide."""
    for one, other, layers in _pairs_of_kinds(spec):
        narrow, whole = (spec.width.parameters(factor, None, case.head_dim) for factor in (case.value, 1.0))
        yield {**layers, "rope_parameters": {one: None, other: narrow}}, True
        if hasattr(spec.config_class, "per_layer_config"):
            heads = {one: case.head_dim, other: 2 * case.head_dim}
            of_layers = enumerate(layers["layer_types"])
            layers["per_layer_config"] = {index: {"head_dim": heads[kind]} for index, kind in of_layers}
            if _said(spec, case, {**layers, "rope_parameters": {one: whole, other: whole}}).crash is not None:
                continue  # its model knows no such heads
            yield {**layers, "rope_parameters": {one: narrow, other: whole}}, True
            yield {**layers, "rope_parameters": {one: whole, other: narrow}}, False


def _pairs_of_kinds(spec: RotarySpec) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Any two kinds of layers, in both orders, that have parameters of their own, and keywords of a layer of each."""
    kinds = spec.width.form.kinds if isinstance(spec.width, RopeParametersFactor) else ()
    for pair in itertools.permutations([kind for kind in kinds if kind in named_layers(spec)], 2):
        yield *pair, {"layer_types": sorted(pair, key=by_plainness), "num_hidden_layers": 2}


@rope_property("R6", widths=lambda head_dim: (head_dim,), excluded=always_asked)
def check_range(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """A width that no head has is refused before any pass, by key and value; so are sections that do not fill it.

    Where text turns with such sections as with others, a warning that names them is enough.
    """
    for value in spec.width.out_of_range(case.head_dim):
        refused = Case(case.head_dim, case.n, value)
        build = partial(build_model, spec, refused)
        require_refusal(verdict, build, {spec.width.key: value}, spec.width.bounds(case.head_dim))
    _require_whole_sections(spec, case, verdict)


def _require_whole_sections(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Sections that give axes more pairs than there are, or fewer, are refused by an error that names them.

    Or text turns as without them, and a warning names them.
    """
    width = spec.width
    if not isinstance(width, RopeParametersFactor) or not width.form.mrope_section:
        return
    parameters = width.parameters(case.value, None, case.head_dim)
    first, *others = parameters["mrope_section"]
    pairs = sum(parameters["mrope_section"])
    for wrong in ([first + 1, *others], [first - 1, *others], [first, *others[:-1], others[-1] + 1]):
        values = width.form.by_kind({**parameters, "mrope_section": wrong})
        with collected_messages() as messages:
            model = _unless_refused(partial(_build, spec, case, values), wrong, pairs, verdict)
        if model is None:
            continue
        naming = [x for x in messages if names(x, "mrope_section") and names_value(x, wrong) and names_value(x, pairs)]
        expected = f"a refusal, or a warning, that names mrope_section, {wrong} and {pairs}"
        verdict.require(bool(naming), f"mrope_section={wrong}: warnings while the model is built", expected, messages)
        got, fitting = (
            probed.outputs(positions.consecutive()) for probed in (Probe(spec, case, model), Probe(spec, case))
        )
        what = f"text with mrope_section={wrong}, and with sections that fit"
        verdict.require(torch.equal(got, fitting), what, "the same outputs", "others")


def _unless_refused(
    build: Callable[[], torch.nn.Module], sections: list[int], pairs: int, verdict: Verdict
) -> torch.nn.Module | None:
    """The model; None where its sections are refused by an error that names them."""
    try:
        return build()
    except Exception as error:
        if not refuses(error, {"mrope_section": sections}, (pairs,)):
            expected = f"a ValueError that names mrope_section, {sections} and {pairs}"
            raise verdict.raised(f"asked for mrope_section={sections}", expected, error) from error
        return None


@rope_property("R6", head_dims=FEW_HEADS, widths=full_and_half, excluded=always_asked)
def check_keys(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Every key that the config declares, or accepted in an older form, reaches the table wherever it is given.

    Or it is refused, by an error that names it.
    """
    problems = {}
    for spelling in equivalent_configs(spec, case):
        expected, _ = inverse_frequencies(
            case.n,
            spec.width.base,
            spelling.scaling,
            max_position_embeddings=MAX_POSITION_EMBEDDINGS,
            head_dim=spec.width.table_head_dim(case.n, case.head_dim),
        )
        try:
            model = _build(spec, case, spelling.values)
            require_tables(verdict, model, expected, spec.width.base)
        except ConformanceError as error:
            problems[str(spelling)] = "; ".join(line.strip() for line in str(error).splitlines()[1:4])
        except Exception as error:
            if not refuses(error, spelling.values):
                problems[str(spelling)] = told(error)
    verdict.require(not problems, "ways of writing the same rotation", "honoured or refused", problems)


@rope_property("R8", head_dims=FEW_HEADS, widths=half_width, excluded=always_asked)
def check_config_arguments(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Building a config and a model writes nothing into the dicts that were given."""
    changed = {}
    for spelling in equivalent_configs(spec, case):
        values = copy.deepcopy(dict(spelling.values))
        try:
            _build(spec, case, values)
        except Exception as error:
            if not refuses(error, spelling.values):
                raise
        if values != spelling.values:
            changed[str(spelling)] = values
    verdict.require(not changed, "arguments after the model is built", "as given", changed)


@rope_property(
    "R6",
    head_dims=FEW_HEADS,
    widths=half_width,
    rope_types=("default", "linear", "yarn", "longrope"),
    excluded=always_asked,
)
def check_saved_config(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Saved and loaded, a config gives the same table; and saved once more, the same text."""
    config = spec.config_class(**spec.config_values(case))
    texts = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            config.save_pretrained(folder)
            texts.append((Path(folder) / "config.json").read_text())
            config = spec.config_class.from_pretrained(folder, attn_implementation="eager")
    verdict.require(texts[0] == texts[1], "a config, saved, loaded and saved", texts[0], texts[1])
    base = spec.width.base
    expected, _ = inverse_frequencies(
        case.n, base, scaling_parameters(case), max_position_embeddings=MAX_POSITION_EMBEDDINGS
    )
    require_tables(verdict, model_of_config(spec, config), expected, base)


def without_default_width(spec: RotarySpec) -> str | None:
    reason = spec.width.no_default
    return without_position_ids(spec) if reason is None else reason


@rope_property("R6", head_dims=(64,), widths=lambda head_dim: (head_dim,), excluded=without_default_width)
def check_defaults(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """A config that says nothing of its rotation builds, runs, and keeps the table that its attributes then state.

    Whatever width that is: the case's own is not asked for. The head is of 64 channels, the default width of some.
    """
    values = spec.size_values(case.head_dim)
    model = model_of(spec, values)
    n, base = spec.width.read(model.config, case.head_dim)
    verdict.require(1 < n <= case.head_dim, "rotary width that the config states", f"2 to {case.head_dim}", n)
    if (stated := spec.stated_base(case.head_dim)) is not None:
        verdict.require(base == stated, "the base that its class leaves to all configs' code", stated, base)
    frequencies, _ = inverse_frequencies(
        n,
        base,
        spec.width.read_scaling(model.config),
        max_position_embeddings=MAX_POSITION_EMBEDDINGS,
        head_dim=spec.width.table_head_dim(case.n, case.head_dim),
    )
    require_tables(verdict, model, frequencies, base)
    own = Probe(spec, case, model)
    still, turned = own.attention(positions.zeros()), own.attention(positions.gapped())
    for name in ("query", "key"):
        before, after = getattr(still, name), getattr(turned, name)
        changed = (before != after).flatten(0, 2).any(dim=0).nonzero().flatten().tolist()
        expected = list(range(2 * (n // 2)))
        verdict.require(changed == expected, f"channels of the {name} that positions change", expected, changed)


def without_rope_types(spec: RotarySpec) -> str | None:
    return None if spec.askable_rope_types else "its config has no key for a rope type"


@rope_property("R6", head_dims=FEW_HEADS, widths=half_width, excluded=without_rope_types)
def check_invalid_values(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Unknown rope types, missing keys, lists of the wrong length are refused by name before a pass reads them.

    A missing key may be refused by a KeyError.
    """
    problems = {}
    for fault in invalid_values(spec, case):
        values = spec.width.config_values(case.value, fault.parameters, case.head_dim)
        try:
            model = _build(spec, case, values)
            if fault.read_beyond is not None and without_position_ids(spec) is None:
                Probe(spec, case, model).attention(positions.beyond(fault.read_beyond))
        except Exception as error:
            if not fault.refused_by(error):
                problems[str(fault.parameters)] = told(error)
        else:
            problems[str(fault.parameters)] = "accepted"
    verdict.require(
        not problems, "invalid parameters of a rope type", "a ValueError by key, value and range", problems
    )


@rope_property("R6", head_dims=FEW_HEADS, widths=half_width, excluded=without_rope_types)
def check_questionable_values(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """A value that a rope type does not expect is refused, or warned of by its key, and then the model builds."""
    problems = {}
    for key, parameters in questionable_values(spec, case):
        values = spec.width.config_values(case.value, parameters, case.head_dim)
        found = _said(spec, case, values, {key: parameters[key]})
        if found.crash is not None:
            problems[str(parameters)] = f"{told(found.crash)}, after {found.messages}"
        elif not found.names(key):
            problems[str(parameters)] = f"nothing names {key!r}: {found.messages}"
    unknown = {"rope_type": "default", "sharpness": 3.0}
    for one, other, layers in _pairs_of_kinds(spec):
        parameters = spec.width.parameters(case.value, unknown, case.head_dim)
        values = {**layers, "rope_parameters": {one: None, other: parameters}}
        found = _said(spec, case, values)
        if found.crash is not None:
            problems[f"none for {one}, for {other} {parameters}"] = f"{told(found.crash)}, after {found.messages}"
        elif not found.refused and not found.names("sharpness"):
            problems[f"none for {one}, for {other} {parameters}"] = f"nothing names 'sharpness': {found.messages}"
    verdict.require(not problems, "questionable parameters of a rope type", "a refusal or a warning by name", problems)


@rope_property("R6", head_dims=FEW_HEADS, widths=odd_width, excluded=without_rope_types)
def check_quiet(spec: RotarySpec, case: Case, verdict: Verdict) -> None:
    """Where all is as a rope type expects it, however it is written, nothing is said of any key."""
    problems = {}
    asked = [spec.width.config_values(case.value, x, case.head_dim) for x in valid_values(spec, case)]
    asked += [spelling.values for spelling in equivalent_configs(spec, case) if _is_proper(spelling.scaling)]
    for values in asked:
        keys = re.compile(rf"\b({'|'.join(_keys(values) - _KEYS_OF_ALL_MESSAGES)})\b")
        found = _said(spec, case, values, {})
        said = [text for text in found.messages if keys.search(text)]
        if said or found.crash is not None:
            problems[str(values)] = said if found.crash is None else [*said, told(found.crash)]
    verdict.require(not problems, "what is said of parameters that are right", "nothing", problems)


def _is_proper(scaling: Mapping[str, Any] | None) -> bool:
    """Whether nothing can be said of a spelling that asks for it; of other types, `valid_values` knows."""
    if scaling is None or scaling["rope_type"] == "linear":
        return True
    return scaling["rope_type"] == "longrope" and (scaling["factor"] or 0) >= 1


# Their names are part of what messages of any key say.
_KEYS_OF_ALL_MESSAGES = frozenset({"rope_parameters", "rope_scaling", "rope_type"})


def _keys(values: Mapping[str, Any]) -> set[str]:
    """The keys of a mapping and of those within it."""
    inner = (_keys(value) for value in values.values() if isinstance(value, Mapping))
    return set(values).union(*inner)


@dataclass(frozen=True)
class _Said:
    """What is said while a model is built.

    Args:
        messages: warnings, and the refusal, if it is one.
        refused: whether it is.
        crash: the error that ended it otherwise, also after a warning, if any.
    """

    messages: list[str]
    refused: bool = False
    crash: Exception | None = None

    def names(self, key: str) -> bool:
        return any(names(message, key) for message in self.messages)


def _said(
    spec: RotarySpec, case: Case, values: Mapping[str, Any], refusable: Mapping[str, Any] | None = None
) -> _Said:
    """What is said while the model of these keywords is built.

    Args:
        refusable: those that may be refused, or keys within them; all if None.
    """
    with collected_messages() as messages:
        error = None
        try:
            _build(spec, case, values)
        except Exception as raised:
            error = raised
    said = without_announcements(messages)
    if error is None:
        return _Said(said)
    if refuses(error, values if refusable is None else refusable):
        return _Said([*said, str(error)], refused=True)
    return _Said(said, crash=error)


def _config(spec: RotarySpec, case: Case, values: Mapping[str, Any]) -> Any:
    """The tiny config with these keywords in place of those that ask for its width."""
    sizes = spec.size_values(case.head_dim)
    return spec.config_class(**(sizes | dict(values)))


def _build(spec: RotarySpec, case: Case, values: Mapping[str, Any]) -> torch.nn.Module:
    """The model of that config."""
    return model_of_config(spec, _config(spec, case, values))
