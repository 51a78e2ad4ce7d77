"""Attention masks: the topic, and the spec that describes a model to it."""

from . import checks  # noqa: F401, registers the properties
from .case import MaskCase
from .properties import MASKS
from .spec import MaskSpec


__all__ = ["MASKS", "MaskCase", "MaskSpec"]
