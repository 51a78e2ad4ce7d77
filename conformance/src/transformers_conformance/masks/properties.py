"""The topic of attention masks, and the decorator that registers its properties."""

from collections.abc import Callable

from ..core.case import Axes
from ..core.property import Topic
from ..harness.implementations import obstacle
from .case import ATTENTIONS, FILTERS, test_name
from .spec import MaskSpec


MASKS = Topic(test_name, FILTERS, name="masks")
FUSED = ATTENTIONS[1:]


def without_masks(spec: MaskSpec) -> str | None:
    """Excludes models that a mask cannot reach."""
    name = spec.model_class.__name__
    if spec.layers_alone:
        return f"of {name}, its layers run alone"
    return None if spec.takes_masks else f"{name}.forward takes no attention_mask"


def without_a_cache(spec: MaskSpec) -> str | None:
    if not spec.takes_masks or spec.takes_cache:
        return without_masks(spec)
    return f"{spec.model_class.__name__}.forward takes no cache"


def _every_variant(spec: MaskSpec, variant: str) -> bool:
    return True


def mask_property(
    rule: str,
    attentions: tuple[str, ...] = ATTENTIONS,
    variants: tuple[str, ...] = ("",),
    has: Callable[[MaskSpec, str], bool] = _every_variant,
    excluded: Callable[[MaskSpec], str | None] = without_masks,
) -> Callable:
    """Registers `check_<name>(spec, case, verdict)` as the property `name`, as `Topic.register` does.

    Args:
        rule: the rule of the contract that the property checks.
        attentions: the implementations of attention under which it is judged, if the model supports them.
        variants: the values of `MaskCase.variant`.
        has: whether a variant applies to a model.
        excluded: the reason why the property does not apply to a model, or None.
    """

    def asks(spec: MaskSpec, axes: Axes) -> bool:
        return obstacle(spec, axes["attention"]) is None and has(spec, axes["variant"])

    def excluded_or_unsupported(spec: MaskSpec) -> str | None:
        reasons = [obstacle(spec, attention) for attention in attentions]
        return excluded(spec) or (reasons[0] if all(reasons) else None)

    configurations = [{"attention": attention, "variant": variant} for attention in attentions for variant in variants]
    return MASKS.register(rule, configurations, asks, excluded_or_unsupported)
