"""The test mixin of attention masks: a test for each property in each configuration."""

from typing import Any

from ..core.mixins import StatedModelTestMixin, with_tests
from . import MASKS, MaskSpec


@with_tests
class AttentionMaskTestMixin(StatedModelTestMixin):
    """Judges what one model makes of attention masks, under each implementation of attention that it supports.

    Mix it into a `unittest.TestCase` and set:
        config_class: the config class.
        model_class: a model class that takes `input_ids` and `attention_mask`.
        config_overrides: config keywords that a tiny model needs in addition to sizes and token ids.
        input_adapter: where tokens enter a model without `input_ids`: an argument of `forward` that takes embeddings.
        expected_failures, excluded_checks: as in `JudgedTestMixin`.

    Tests are named `test_masks_<property>_<attention>[_<variant>]_<index>`. Properties that do not apply to the model
    have no tests in its class; the recorded results have the reason.

    Raises:
        TypeError: when a test runs, if a required attribute is missing; when the class is made, if an expected failure
            or `excluded_checks` names an unknown property.
        ConformanceError: if the model breaks a rule.
    """

    topic = MASKS
    required = ("config_class", "model_class")
    config_class: type | None = None
    model_class: type | None = None
    config_overrides: dict[str, Any] = {}
    input_adapter: str = "input_ids"

    @classmethod
    def make_spec(cls) -> MaskSpec:
        return MaskSpec(
            cls.config_class,
            cls.model_class,
            config_overrides=cls.config_overrides,
            input_adapter=cls.input_adapter,
        )
