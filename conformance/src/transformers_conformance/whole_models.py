"""The test mixin of whole models that count positions on several axes, thin over the checks."""

from dataclasses import replace

from parameterized import parameterized

from .recording import known_deviations
from .rope import SEVERAL_AXES_PROPERTIES, WholeModel
from .testing import _grid, _JudgedTestMixin, _test_name


class SeveralAxesTestMixin(_JudgedTestMixin):
    """Judges the positions of images, videos and text in one whole model.

    Mix it into a `unittest.TestCase` and set `whole`, which says what that model is. Exceptions are as
    `RotaryNdimsOddTestMixin` has them, and so are names of tests.

    Raises:
        TypeError: when a test runs, if there is no `whole`.
        ConformanceError: where the model breaks a rule.
        AssertionError: where an exception is stale.
    """

    whole: WholeModel | None = None
    _properties = SEVERAL_AXES_PROPERTIES

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.whole is not None:
            known = known_deviations(cls.whole.model_type)
            cls.whole = replace(cls.whole, exceptions=(*cls.whole.exceptions, *known))
            cls._leave_out()

    @classmethod
    def _described(cls) -> WholeModel | None:
        return cls.whole

    @parameterized.expand(
        _grid(SEVERAL_AXES_PROPERTIES), name_func=lambda _, index, param: _test_name(int(index), *param.args)
    )
    def test_rotary_ndims(self, property_name: str, head_dim: int, n: int, rope_type: str):
        if self.whole is None:
            raise TypeError(f"{type(self).__name__} must set whole to use SeveralAxesTestMixin")
        self._judge(property_name, head_dim, n, rope_type)
