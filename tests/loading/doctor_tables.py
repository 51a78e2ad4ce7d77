"""Prints, as JSON, the rotary tables of models that are built from configs.

The argument is a file with a JSON object of configs. Each config becomes a model of the installed Transformers,
without memory for weights: one that ignores sizes may be large. A model that cannot be built gives its error.
"""

import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging

from transformers import AutoConfig, AutoModel


def tables_of(config: dict[str, Any]) -> dict[str, Any]:
    """For each kind of layers, the table, the factor on cosines and sines, and the width of a head."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(config))
        loaded = AutoConfig.from_pretrained(folder)
    with torch.device("meta"):
        model = AutoModel.from_config(loaded)
    model = getattr(model, "language_model", model)
    found: dict[str, Any] = {}
    for name, module in model.named_modules():
        if not name.endswith(("rotary_emb", "rope")):
            continue
        module = type(module)(module.config)
        if getattr(module, "rope_type", None) == "longrope":  # it makes the long table in a pass
            module(torch.zeros(1), position_ids=torch.tensor([[0, 1]]))
        for buffer, table in module.named_buffers():
            if not buffer.endswith("inv_freq") or "original" in buffer:
                continue
            kind = buffer.removesuffix("inv_freq").rstrip("_")
            factor = getattr(module, f"{kind}_attention_scaling" if kind else "attention_scaling", 1.0)
            found.setdefault(kind, {"table": table.double().tolist(), "factor": float(factor)})
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    logging.set_verbosity(50)
    torch.set_num_threads(1)
    found = {}
    for name, config in json.loads(Path(sys.argv[1]).read_text()).items():
        try:
            found[name] = tables_of(config)
        except Exception as error:
            found[name] = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
