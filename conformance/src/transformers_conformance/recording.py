"""What each check found, one JSON line each, for whoever names a file in `TRANSFORMERS_CONFORMANCE_RESULTS`.

A line has `release` (the version of the `transformers` that was judged), `build` (what the caller calls it, from
`TRANSFORMERS_CONFORMANCE_BUILD`), `model`, `rule`, `property`, `case`, `status`, `reason` and `seconds`. The status is
"pass", "exception" (broken, as the model's tests say), "fail", "crash" or "refused" (the model or its config raised;
refused where it did so with a typed error for a bad value).
"""

import json
import os
import time
from collections.abc import Callable

import transformers

from .rope import Case, ConformanceError, Description, Property


FILE, BUILD = "TRANSFORMERS_CONFORMANCE_RESULTS", "TRANSFORMERS_CONFORMANCE_BUILD"


def record(prop: Property, description: Description, case: Case, judge: Callable[[], str | None]) -> None:
    """Run `judge`, which returns None or why the model may break the property, and write down what came of it.

    Raises:
        ConformanceError: as `judge` does.
    """
    start = time.perf_counter()
    status, reason = "pass", None
    try:
        reason = judge()
        status = "exception" if reason else "pass"
    except ConformanceError as error:
        status, reason = _status_of(error), str(error)
        raise
    finally:
        if FILE in os.environ:
            line = {
                "release": transformers.__version__,
                "build": os.environ.get(BUILD, "unknown"),
                "model": description.config_class.model_type,
                "rule": prop.rule,
                "property": prop.name,
                "case": {
                    "head_dim": case.head_dim,
                    "n": case.n,
                    "value": repr(case.value),
                    "rope_type": case.rope_type,
                },
                "status": status,
                "reason": reason,
                "seconds": round(time.perf_counter() - start, 4),
            }
            with open(os.environ[FILE], "a") as file:
                file.write(json.dumps(line) + "\n")


def _status_of(error: ConformanceError) -> str:
    """A rule that does not hold fails; a model that raised crashes, or refuses where its error is about the value."""
    cause = error.__cause__
    if cause is None:
        return "fail"
    typed = isinstance(cause, (ValueError, KeyError)) or type(cause).__name__.startswith("StrictDataclass")
    return "refused" if typed else "crash"
