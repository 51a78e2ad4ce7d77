"""PyTorch, TensorFlow and Flax side by side, which the 4.57 line alone has."""

import importlib.util
import os

import pytest


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow tells of the instructions that it could use
MISSING = [name for name in ("tensorflow", "flax") if importlib.util.find_spec(name) is None]
if not MISSING:
    import tensorflow as tf

    # Idefics takes Keras from here, which is another package, tf_keras, once Transformers is there first.
    tf.keras.backend.floatx()


def pytest_collection_modifyitems(items):
    if MISSING:
        reason = f"{' and '.join(MISSING)} not installed: ./run_tests --line 4.57 makes build/env-4.57, which has them"
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))
