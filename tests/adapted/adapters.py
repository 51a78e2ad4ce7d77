"""TensorFlow's and Flax's models as PyTorch classes, so that the conformance suite can judge them.

Such a class has the weights of PyTorch's model, and its pass runs in the other framework. Only the products of queries
and keys are computed by PyTorch, because the suite reads queries and keys there.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

import transformers
from tests.frameworks.frameworks import WHY_SKIPPED
from transformers_conformance.rope.testing import RotaryNdimsOddTestMixin


if WHY_SKIPPED:
    pytest.skip(WHY_SKIPPED, allow_module_level=True)

import jax.numpy as jnp  # noqa: E402
import tensorflow as tf  # noqa: E402
from transformers.modeling_flax_pytorch_utils import convert_pytorch_state_dict_to_flax  # noqa: E402
from transformers.modeling_tf_pytorch_utils import load_pytorch_model_in_tf2_model  # noqa: E402


class _Ended(BaseException):
    """Carries an exception through a framework that would wrap it."""

    def __init__(self, error: Exception):
        self.error = error


@contextmanager
def ended() -> Iterator[None]:
    """Raises the exception that `_Ended` carries."""
    try:
        yield
    except _Ended as taken:
        raise taken.error from None


def _scores(query: np.ndarray, key: np.ndarray) -> np.ndarray:
    """PyTorch's product of `[batch, heads, tokens, head_dim]`."""
    try:
        return torch.matmul(torch.tensor(query), torch.tensor(key).mT).numpy()
    except Exception as error:
        raise _Ended(error) from None


class TensorFlow:
    """A model in TensorFlow."""

    prefix = "TF"

    def __init__(self, model_class: type, config: transformers.PretrainedConfig):
        self.model = model_class(config)

    def take_weights(self, by_torch: torch.nn.Module) -> None:
        load_pytorch_model_in_tf2_model(self.model, by_torch, allow_missing_keys=True)  # absolute positions

    def __call__(self, **arguments: np.ndarray) -> np.ndarray:
        with self.scores_by_torch():
            return self.model(**{name: tf.constant(value) for name, value in arguments.items()})[0].numpy()

    def scores_by_torch(self) -> AbstractContextManager:
        products = {"matmul": partial(self._matmul, tf.matmul), "einsum": partial(self._einsum, tf.einsum)}
        return mock.patch.multiple(tf, **products)

    @staticmethod
    def _matmul(plain: Callable, a: tf.Tensor, b: tf.Tensor, transpose_b: bool = False, **others: Any) -> tf.Tensor:
        return tf.constant(_scores(a.numpy(), b.numpy())) if transpose_b else plain(a, b, **others)

    @staticmethod
    def _einsum(plain: Callable, equation: str, *operands: tf.Tensor, **others: Any) -> tf.Tensor:
        # Only if there are as many keys as queries, which excludes the keys of a picture.
        if equation == "...qd, ...kd -> ...qk" and operands[0].shape == operands[1].shape:
            return tf.constant(_scores(*(x.numpy() for x in operands)))
        return plain(equation, *operands, **others)


class Flax:
    """A model in Flax, which divides queries by the root of their width before it multiplies them."""

    prefix = "Flax"

    def __init__(self, model_class: type, config: transformers.PretrainedConfig):
        self.model = model_class(config)

    def take_weights(self, by_torch: torch.nn.Module) -> None:
        self.model.params = convert_pytorch_state_dict_to_flax(by_torch.state_dict(), self.model)

    def __call__(self, **arguments: np.ndarray) -> np.ndarray:
        with self.scores_by_torch():
            return np.array(self.model(**arguments)[0])

    def scores_by_torch(self) -> AbstractContextManager:
        return mock.patch.object(jnp, "einsum", partial(self._einsum, jnp.einsum))

    @staticmethod
    def _einsum(plain: Callable, equation: str, *operands: jnp.ndarray, **others: Any) -> jnp.ndarray:
        if equation == "...qhd,...khd->...hqk":
            return jnp.asarray(_scores(*(np.asarray(x).swapaxes(1, 2) for x in operands)))
        return plain(equation, *operands, **others)


def no_other_inputs(config: transformers.PretrainedConfig, input_ids: torch.Tensor) -> dict[str, torch.Tensor]:
    return {}


def adapted(framework: type[TensorFlow] | type[Flax], name: str, other_inputs: Callable = no_other_inputs) -> type:
    """The class of a model, such as "GPTJModel", that runs in another framework.

    Its config class has its own model type, such as `tf_gptj`, which names it in results and expected failures.

    Args:
        other_inputs: computes other input tensors from the config and `input_ids`.
    """
    by_torch, other = (getattr(transformers, prefix + name) for prefix in ("", framework.prefix))
    plain = by_torch.config_class
    members = {"model_type": f"{framework.prefix.lower()}_{plain.model_type}"}
    config_class = type(plain.__name__, (plain,), members | _place(plain))

    class Adapted(by_torch):
        def __init__(self, config):
            elsewhere = framework(other, config)
            super().__init__(config)
            self._elsewhere, self._has_weights = elsewhere, False

        def elsewhere(self):
            if not self._has_weights:
                self._elsewhere.take_weights(self)
                self._has_weights = True
            return self._elsewhere

        def forward(self, input_ids, attention_mask=None, position_ids=None):
            elsewhere = self.elsewhere()
            given = {"input_ids": input_ids, "attention_mask": attention_mask}
            given["position_ids"] = position_ids if position_ids is None else position_ids.expand_as(input_ids)
            given |= other_inputs(self.config, input_ids)
            with ended():
                output = elsewhere(**{key: value.numpy() for key, value in given.items() if value is not None})
            return (torch.from_numpy(output),)

    return type(other.__name__, (Adapted,), {"config_class": config_class} | _place(other))


def _place(of: type) -> dict[str, str]:
    """The module and name of another class: the suite reads the code that it finds by them."""
    return {"__module__": of.__module__, "__qualname__": of.__qualname__}


def _of_each(reason: str, *properties: str) -> dict[str, str]:
    return dict.fromkeys(properties, reason)


class AdaptedRotaryTestMixin(RotaryNdimsOddTestMixin):
    """Judges the rotary embeddings of a model in another framework, as `RotaryNdimsOddTestMixin` does in PyTorch.

    Mix it into a `unittest.TestCase` and set:
        framework: one of the classes above.
        model: the name of PyTorch's class.
        layout: "half-split" or "interleaved".
        other_inputs: a static method, as in `adapted`.

    `expected_failures.toml` in this folder lists the known failures.
    """

    framework: type[TensorFlow] | type[Flax] | None = None
    model: str | None = None
    other_inputs = staticmethod(no_other_inputs)
    rope_types = ()
    excluded_checks = {
        **_of_each("PyTorch computes no gradients through it", "checkpointing", "gradcheck", "gradients"),
        **_of_each("PyTorch cannot trace it", "compiled", "exported"),
        **_of_each("its projections are not PyTorch modules", "heads", "head_permutation"),
        **_of_each("its mask is a table of all pairs of positions", "cast", "far", "loaded_precision", "precision"),
        **_of_each("it does not keep its tables where PyTorch does", "frequencies", "keys"),
        **_of_each(
            "only PyTorch has this feature",
            "config_arguments",
            "copies",
            "flex",
            "meta",
            "saved_config",
            "saved_model",
        ),
        **_of_each("only PyTorch has this feature", "sdpa", "state"),
        **_of_each("its softmax is not PyTorch's, so its scale cannot be read", "softmax_scale"),
        **_of_each("it does not support packed rows", "packed"),
    }

    def __init_subclass__(cls, **kwargs):
        if cls.framework is not None and cls.model is not None:
            cls.model_class = adapted(cls.framework, cls.model, cls.other_inputs)
            cls.config_class = cls.model_class.config_class
        super().__init_subclass__(**kwargs)
