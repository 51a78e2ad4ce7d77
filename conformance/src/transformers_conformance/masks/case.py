"""The cases of the topic of attention masks, and their filters and test names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


ATTENTIONS = ("eager", "sdpa", "flex_attention")
# `attentions`: the implementation of attention. `variants`: `MaskCase.variant`.
FILTERS: dict[str, Collection[str] | None] = {"attentions": ATTENTIONS, "variants": None}


@dataclass(frozen=True)
class MaskCase:
    """One way to give a model a mask.

    Args:
        attention: the implementation of attention that the config asks for.
        variant: what the property varies, such as the side of the padding; "" if it varies nothing.
        head_dim: the number of channels of a head.
    """

    attention: str
    variant: str = ""
    head_dim: int = 8

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {"attention": self.attention, "variant": self.variant}

    @property
    def filters(self) -> Mapping[str, Collection[str]]:
        return {"attentions": [self.attention], "variants": [self.variant]}


def test_name(index: int, property_name: str, axes: Mapping[str, Any]) -> str:
    """`test_masks_<property>_<attention>[_<variant>]_<index>`."""
    variant = axes["variant"].replace("-", "_").replace(" ", "_")
    return "_".join(filter(None, ("test_masks", property_name, axes["attention"], variant, str(index))))


test_name.__test__ = False  # pytest collects functions with such a name
