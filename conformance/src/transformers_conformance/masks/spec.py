"""Describes a model whose attention takes masks."""

import inspect
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from ..harness.model_spec import ModelSpec
from ..harness.probe import run_model
from ..harness.tiny import build_model
from .case import MaskCase
from .rows import first_row


_VISIBLE = 1e-3  # a token that others attend to changes outputs by more than this share of the largest


@dataclass(frozen=True, eq=False)
class MaskSpec(ModelSpec):
    """A model whose forward takes an `attention_mask`. The arguments are those of `ModelSpec`."""

    @property
    def takes_masks(self) -> bool:
        return "attention_mask" in inspect.signature(self.adapted_class.forward).parameters

    @cached_property
    def is_causal(self) -> bool:
        """Whether a token attends to no later token under a mask of ones. The tiny model is asked.

        Experts compute tokens in groups, so the sums of a token may be rounded otherwise if another token changes.
        """
        model = build_model(self, MaskCase("eager"))
        row, other = first_row(), first_row()
        other[:, -1] += 1
        with torch.no_grad():
            before, after = (run_model(model, x, None, keeps_cache=False)[:, 0] for x in (row, other))
        return bool((before - after).abs().max() < _VISIBLE * before.abs().max())

    def cases(self, axes) -> list[MaskCase]:
        return [MaskCase(**axes)]

    def config_values(self, case: MaskCase) -> dict[str, Any]:
        return super().config_values(case) | {"attn_implementation": case.attention}

    def reproduction(self, property_name: str, case: MaskCase) -> str:
        """Code that runs the same check on the same case."""
        stated = {"config_overrides": dict(self.config_overrides), "input_adapter": self.input_adapter}
        extras = "".join(f", {name}={value!r}" for name, value in stated.items() if value not in ({}, "input_ids"))
        return "\n".join(
            [
                *self.imports(),
                "from transformers_conformance.masks import MASKS, MaskCase, MaskSpec",
                f"spec = MaskSpec({self.config_class.__name__}, {self.model_class.__name__}{extras})",
                f"MASKS.properties[{property_name!r}].check(spec, {case!r})",
            ]
        )
