"""Parameters of rope types: questionable ones, just out of the expected range, and valid ones, just within it."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.sizes import MAX_POSITION_EMBEDDINGS
from .case import Case
from .rope_types import ORIGINAL_MAX_POSITION_EMBEDDINGS
from .spec import RotarySpec


def questionable_values(spec: RotarySpec, case: Case) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Parameters that no paper defines, each with the key that a refusal or a warning must name."""
    pairs = case.n // 2
    no_number, below_one = ("4", None), 0.5
    original = "original_max_position_embeddings"
    # A refusal or a warning must name the first key of each change.
    changes: dict[str, list[dict[str, Any]]] = {
        "default": [{"sharpness": 3.0}],
        "linear": [*({"factor": x} for x in (*no_number, below_one)), {"sharpness": 3.0}],
        "dynamic": [{"factor": x} for x in (*no_number, below_one)],
        "yarn": [
            {"factor": "4"},
            {"factor": below_one, original: 2 * MAX_POSITION_EMBEDDINGS},  # the two lengths have the same ratio
            *({"factor": x} for x in (3.0, 5.0)),  # the ratio of the lengths is 4
            {"factor": 4.0, original: 2 * MAX_POSITION_EMBEDDINGS},  # the ratio of the lengths is 0.5
            *({"attention_factor": x} for x in ("1", -0.5)),
            *({key: "2"} for key in ("beta_fast", "beta_slow")),
            {"beta_fast": 0.5},  # below the default beta_slow
            *({"beta_slow": x} for x in (32.5, 40.0)),
        ],
        "longrope": [
            *({key: x} for key in ("short_factor", "long_factor") for x in (("1",) * pairs, ["1"] * pairs)),
            *({"factor": x} for x in ("4", below_one)),
            {original: None, "factor": None},  # one of them must be stated, and the other follows from it
            *({"attention_factor": x} for x in ("1", -0.5)),
        ],
        "llama3": [
            *({"factor": x} for x in (*no_number, below_one)),
            *({key: x} for key in ("low_freq_factor", "high_freq_factor") for x in no_number),
            {"high_freq_factor": 0.5},  # below low_freq_factor; they may be equal, as in Llama 4 Scout
            *({original: x} for x in (100.5, MAX_POSITION_EMBEDDINGS, MAX_POSITION_EMBEDDINGS + 1)),
        ],
    }
    for rope_type, questionable in changes.items():
        if rope_type in ("default", *spec.supported_rope_types):
            for change in questionable:
                yield next(iter(change)), _parameters(case, rope_type) | change


def valid_values(spec: RotarySpec, case: Case) -> Iterator[Mapping[str, Any]]:
    """Valid parameters, many of them at the limit of their range."""
    pairs = case.n // 2
    original = "original_max_position_embeddings"
    changes: dict[str, list[dict[str, Any]]] = {
        "default": [{}],
        "linear": [{}, {"factor": 1}, {"factor": 1.0}],
        "dynamic": [{}, {"factor": 1}, {"factor": 1.0}],
        "yarn": [
            {},
            {"factor": 1.0, original: MAX_POSITION_EMBEDDINGS},
            {original: MAX_POSITION_EMBEDDINGS},  # some configs state this, and mean that the factor decides
            {"factor": MAX_POSITION_EMBEDDINGS / 96, original: 96},
            *({"attention_factor": x} for x in (0.0, 0.5, 1.5)),
            {"beta_fast": 8, "beta_slow": 2},
            {"beta_fast": 4.0, "beta_slow": 4.0},
            {"beta_fast": 1.0},
            {"beta_slow": 32.0},
            {"mscale": 1.5, "mscale_all_dim": 0.5, "truncate": False},
        ],
        "longrope": [{}, {"short_factor": [1] * pairs, "long_factor": [2] * pairs}, {"factor": 1.0}]
        + [{"attention_factor": x} for x in (0.0, 0.5, 1, 1.5)],
        "llama3": [
            {},
            {"factor": 1.0},
            {"low_freq_factor": 1, "high_freq_factor": 2},
            {original: MAX_POSITION_EMBEDDINGS - 1},
        ],
        "proportional": [{}],
    }
    for rope_type, changed in changes.items():
        if rope_type in ("default", *spec.supported_rope_types):
            for change in changed:
                yield _parameters(case, rope_type) | change


def _parameters(case: Case, rope_type: str) -> dict[str, Any]:
    """The parameters that a rope type requires, and no others."""
    pairs = case.n // 2
    original = {"original_max_position_embeddings": ORIGINAL_MAX_POSITION_EMBEDDINGS}
    needed = {
        "default": {},
        "linear": {"factor": 4.0},
        "dynamic": {"factor": 4.0},
        "yarn": {"factor": MAX_POSITION_EMBEDDINGS / ORIGINAL_MAX_POSITION_EMBEDDINGS} | original,
        "longrope": {"factor": 4.0, "short_factor": [1.0] * pairs, "long_factor": [2.0] * pairs} | original,
        "llama3": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 8.0} | original,
        "proportional": {},
    }
    return {"rope_type": rope_type} | needed[rope_type]
