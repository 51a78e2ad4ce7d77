"""Positions on several axes in whole models: how they are counted, row by row, step by step and request by request.

The reference is the brute-force count of `several_axes`. The model gets this count as `position_ids`. The checks of
its text model require that it takes `position_ids` as they are, so the checks here do not.

If two passes have the same shapes, their results must be equal bit for bit. Otherwise they may differ, because
additions run in another order. Tolerance: `2^11` roundings of the largest logit, for some hundred additions in each of
a tiny model's dozen products. A position that is wrong by one changes the logits by a thousand times as much, and the
checks require that such a change would show.
"""

import torch
from transformers import modeling_rope_utils

from ...core.rounding import U
from ...core.verdict import Verdict
from ...harness.serving import Request, following, generated, in_turns, one_pass, step_by_step
from ..properties import SEVERAL_AXES, rope_property
from ..several_axes import Image, Row, Text, Video
from ..several_axes_spec import HEAD_DIM, SeveralAxesSpec


_ROUNDINGS = 2.0**11
_STEPS = 3
_SHIFT = 5

_TEXT: Row = (Text(7),)
_IMAGE: Row = (Text(3), Image(2, 3), Text(4))
_LONG: Row = (Text(2), Video(6, 2, 1, 0.75), Text(3))  # more steps of time than rows and columns
_WIDE: Row = (Text(1), Video(2, 1, 4, 0.5), Text(2))
_MIXED: Row = (Text(2), Video(4, 2, 3, 0.5), Text(2), Image(3, 2), Text(1), Video(3, 1, 1, 1.25), Text(2))


def _without_rope_parameters(model: SeveralAxesSpec) -> str | None:
    """The reason why a release is excluded, or None: the tiny configs of whole models have the form of 5.x."""
    if hasattr(modeling_rope_utils, "RopeParameters"):
        return None
    return "configs of this release have no rope_parameters"


def _axes_property(rule: str):
    return rope_property(
        rule,
        widths=lambda head_dim: (head_dim,),
        head_dims=(HEAD_DIM,),
        excluded=_without_rope_parameters,
        topic=SEVERAL_AXES,
    )


def _rows(model: SeveralAxesSpec) -> list[Row]:
    """The rows that the model takes; their lengths differ."""
    rows = [_TEXT, _IMAGE, (Image(3, 1), Text(1), Image(1, 2), Text(5)), _LONG, _WIDE, _MIXED]
    return [row for row in rows if model.videos or not any(isinstance(part, Video) for part in row)]


def _tokens(rows: int, steps: int = _STEPS) -> torch.Tensor:
    return torch.arange(30, 30 + rows * steps).reshape(rows, steps)


def _require_close(verdict: Verdict, what: str, got: torch.Tensor, expected: torch.Tensor, real: torch.Tensor) -> None:
    verdict.require(got.shape == expected.shape, f"{what}: shape of logits", tuple(expected.shape), tuple(got.shape))
    tolerance = _ROUNDINGS * U * expected[real].abs().max().item()
    verdict.require_close(what, got[real].numpy(), expected[real].numpy(), tolerance)


def _require_shown(verdict: Verdict, request: Request, expected: torch.Tensor) -> None:
    """Fails if positions that count all tokens as text give the same logits: then equality would prove nothing."""
    places = torch.arange(request.positions.shape[-1]).expand_as(request.positions)
    counted = one_pass(verdict.spec.build(), request, position_ids=places)
    difference = (counted - expected)[request.real].abs().max().item()
    shown = 100 * _ROUNDINGS * U * expected[request.real].abs().max().item()
    verdict.require(difference > shown, "what positions of text alone would change", f"above {shown:.3g}", difference)


@_axes_property("R5")
def check_axes_counted(model: SeveralAxesSpec, case, verdict: Verdict) -> None:
    """Text goes on one beyond the largest position of an image or a video, on any axis, with a mask and without."""
    rows = _rows(model)
    for request in (*(model.request(row) for row in rows), model.request(*rows)):
        expected = one_pass(model.build(), request, position_ids=request.positions)
        if request.positions.ne(request.positions[:1]).any():
            _require_shown(verdict, request, expected)
        masks = ({}, {"attention_mask": None}) if request.real.all() else ({},)
        for mask in masks:
            got = one_pass(model.build(), request, **mask)
            same = torch.equal(got[request.real], expected[request.real])
            largest = (got - expected)[request.real].abs().max().item()
            what = f"logits of {len(request.real)} rows{' without a mask' if mask else ''}, positions counted by hand"
            verdict.require(same, what, "the same bits", f"a difference of {largest:.3g}")


@_axes_property("R1")
def check_axes_shift(model: SeveralAxesSpec, case, verdict: Verdict) -> None:
    """All tokens further on along one axis give the same: a pair turns by one axis, and scores by differences."""
    request = model.request(_rows(model)[1])
    expected = one_pass(model.build(), request, position_ids=request.positions)
    _require_shown(verdict, request, expected)
    for axis in range(model.axes):
        further = request.positions.clone()
        further[axis] += _SHIFT
        got = one_pass(model.build(), request, position_ids=further)
        _require_close(verdict, f"logits, axis {axis} further on by {_SHIFT}", got, expected, request.real)


@_axes_property("R8")
def check_axes_rows(model: SeveralAxesSpec, case, verdict: Verdict) -> None:
    """A row of a batch, padded on the left, is as it is alone."""
    rows = _rows(model)
    batch = model.request(*rows)
    found = one_pass(model.build(), batch)
    for index, row in enumerate(rows):
        alone = model.request(row)
        expected = one_pass(model.build(), alone)
        _require_close(verdict, f"row {index}, {row}", found[index][batch.real[index]][None], expected, alone.real)


@_axes_property("R8")
def check_axes_cached(model: SeveralAxesSpec, case, verdict: Verdict) -> None:
    """Tokens after a request, one by one with a cache, are as in one pass."""
    rows = _rows(model)
    for row in rows:
        _require_steps(verdict, model.request(row), masked=False)
    for request in (model.request(rows[-1]), model.request(*rows)):
        _require_steps(verdict, request, masked=True)


def _require_steps(verdict: Verdict, request: Request, masked: bool) -> None:
    model = verdict.spec
    tokens = _tokens(len(request.real))
    whole = following(request, tokens)
    expected = one_pass(model.build(), whole, position_ids=whole.positions)
    found = step_by_step(model.build(), request, tokens, masked=masked)
    what = f"logits of {len(tokens)} rows{'' if masked else ' without a mask'}, the last {_STEPS} tokens one by one"
    _require_close(verdict, what, found, expected, whole.real)


@_axes_property("R8")
def check_axes_requests(model: SeveralAxesSpec, case, verdict: Verdict) -> None:
    """What a model served before changes nothing of a request, with and without a cache."""
    rows = _rows(model)
    media = model.request(*rows[1:])
    for earlier in (media, model.request(rows[-1])):
        for later in (model.request(_TEXT), model.request(_TEXT, (Text(4),)), model.request(_IMAGE)):
            used = model.build()
            step_by_step(used, earlier, _tokens(len(earlier.real)))
            _require_as_new(verdict, used, later)


def _require_as_new(verdict: Verdict, used: torch.nn.Module, request: Request) -> None:
    model = verdict.spec
    tokens, masked = _tokens(len(request.real)), not request.real.all()
    for what, serve in (
        ("in one pass", lambda served: one_pass(served, request)),
        ("in one pass, by embeddings", lambda served: one_pass(served, request, **_embedded(served, request))),
        ("token by token", lambda served: step_by_step(served, request, tokens, masked=masked)),
    ):
        same = torch.equal(serve(used)[:, -1], serve(model.build())[:, -1])
        verdict.require(same, f"{what}, after another request: logits", "those of a new model", "others")


def _embedded(model: torch.nn.Module, request: Request) -> dict[str, torch.Tensor | None]:
    """Arguments that give a request by embeddings, without token ids."""
    return {"input_ids": None, "inputs_embeds": model.get_input_embeddings()(request.inputs["input_ids"])}


@_axes_property("R8")
def check_axes_generated(model: SeveralAxesSpec, case, verdict: Verdict) -> None:
    """What `generate` goes on with has the logits of one pass, for each request, and for each of several answers."""
    rows = _rows(model)
    served = model.build()
    for request, answers in ((model.request(*rows), 1), (model.request(_TEXT), 1), (model.request(*rows[:3]), 2)):
        options = {"do_sample": True, "num_return_sequences": answers} if answers > 1 else {}
        tokens, logits = generated(served, request, _STEPS, **options)
        for answer in range(answers):
            whole = following(request, tokens[answer::answers])
            expected = one_pass(model.build(), whole, position_ids=whole.positions)[:, -_STEPS - 1 : -1]
            real = torch.ones(expected.shape[:2], dtype=torch.bool)
            what = f"logits of what is generated for {len(request.real)} rows, answer {answer}"
            _require_close(verdict, what, logits[answer::answers].float(), expected, real)


@_axes_property("R8")
def check_axes_packed(model: SeveralAxesSpec, case, verdict: Verdict) -> None:
    """Rows packed into one do not see each other, or are refused: by positions of text alone, and of all axes."""
    text = [model.request((Text(tokens),)) for tokens in (5, 7, 3)]
    _require_apart(verdict, text, [one.positions[0] for one in text])
    media = [model.request(row) for row in _rows(model)]
    counted = [torch.arange(one.positions.shape[-1])[None, None] for one in media]
    _require_apart(
        verdict, media, [torch.cat((count, one.positions)) for count, one in zip(counted, media, strict=True)]
    )


def _require_apart(verdict: Verdict, requests: list[Request], positions: list[torch.Tensor]) -> None:
    model = verdict.spec
    ids = torch.cat([request.inputs["input_ids"] for request in requests], dim=1)
    axes = "one axis" if positions[0].dim() == 2 else f"{len(positions[0])} axes"
    verdict.required += 1
    try:
        with torch.no_grad():
            found = model.build()(input_ids=ids, position_ids=torch.cat(positions, dim=-1), use_cache=False).logits
    except ValueError as error:
        verdict.require("position_ids" in str(error), f"packed rows, positions on {axes}", "a refusal by name", error)
        return
    parts = found.split([request.real.shape[1] for request in requests], dim=1)
    for index, (request, part) in enumerate(zip(requests, parts, strict=True)):
        with torch.no_grad():
            expected = model.build()(
                input_ids=request.inputs["input_ids"], position_ids=request.positions, use_cache=False
            ).logits
        _require_close(verdict, f"row {index} of packed ones, positions on {axes}", part, expected, request.real)


@_axes_property("R8")
def check_axes_between(model: SeveralAxesSpec, case, verdict: Verdict) -> None:
    """Requests that a model serves in turns, token by token, are each as alone."""
    image, text = model.request(_rows(model)[1]), model.request(_TEXT)
    tokens = _tokens(1)
    for first, second in ((image, text), (text, image), (image, model.request((Text(1), Image(3, 1), Text(2))))):
        alone = [step_by_step(model.build(), request, tokens, masked=False) for request in (first, second)]
        together = in_turns(model.build(), (first, second), tokens)
        for name, got, expected in zip(("first", "second"), together, alone, strict=True):
            difference = (got - expected).abs().max().item()
            what = f"logits of the {name} of two requests in turns"
            verdict.require(torch.equal(got, expected), what, "those of the request alone", f"off by {difference:.3g}")
