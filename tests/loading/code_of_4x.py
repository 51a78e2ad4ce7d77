"""Rotary code of Transformers 4.57.6, as in model files on the hub, run by 4.57.6 and by the release that is judged.

Tests read the text of this code from the package of 4.57.6. This repository holds none of it.
"""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import torch
from environment import install_release


OLD = "4.57.6"
ROTARY = {"llama": "LlamaRotaryEmbedding", "qwen2": "Qwen2RotaryEmbedding", "phi3": "Phi3RotaryEmbedding"}
CONFIGS = {"llama": "LlamaConfig", "qwen2": "Qwen2Config", "phi3": "Phi3Config"}

# A model file like those next to a checkpoint: the rotary class is that of 4.57.6, and the model around it is ours.
_MODEL = """
import torch
from torch import nn
from transformers import PreTrainedModel, {config}
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS, dynamic_rope_update


{rotary}

class OldModel(PreTrainedModel):
    config_class = {config}

    def __init__(self, config):
        super().__init__(config)
        self.projection = nn.Linear(8, 8)
        self.rotary_emb = {name}(config=config)
        self.post_init()
{init}
    def forward(self, x, position_ids):
        return self.rotary_emb(x, position_ids)
"""
# As in most such files: it initializes only layers
_INIT = """
    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            module.weight.data.normal_(mean=0.0, std=self.config.initializer_range)
"""

_RUN = """
import importlib, sys, torch
from transformers import AutoConfig

for folder, rotary, *lengths in (line.split() for line in sys.stdin):
    config = AutoConfig.from_pretrained(folder)
    module = importlib.import_module(f"transformers.models.{config.model_type}.modeling_{config.model_type}")
    tables = []
    for length in map(int, lengths):
        embedding = getattr(module, rotary)(config=config)
        tables.append(embedding(torch.zeros(1, length, 1), torch.arange(length)[None]))
    torch.save(tables, f"{folder}/{rotary}.pt")
"""


def write_checkpoint(folder: Path, config: dict, own_init: bool) -> None:
    """
    Writes a folder as on the hub: a `config.json` of 4.x and the model's code, without weights.

    Args:
        config: the config in the form of 4.x, with `model_type`.
        own_init: whether the model's code initializes its layers itself.
    """
    model_type = config["model_type"]
    source = install_release(OLD) / "transformers" / "models" / model_type / f"modeling_{model_type}.py"
    text = source.read_text()
    name = ROTARY[model_type]
    node = next(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == name)
    rotary = "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno]) + "\n"
    model = _MODEL.format(config=CONFIGS[model_type], rotary=rotary, name=name, init=_INIT if own_init else "")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "modeling_old.py").write_text(model)
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "modeling_old.OldModel"}}))


def tables_of_4x(folders: list[Path], lengths: list[int]) -> list[list[tuple[torch.Tensor, torch.Tensor]]]:
    """The cosines and sines that 4.57.6 computes from each folder's config, by the length of a sequence."""
    rotaries = [ROTARY[json.loads((folder / "config.json").read_text())["model_type"]] for folder in folders]
    lines = [" ".join(map(str, (folder, rotary, *lengths))) for folder, rotary in zip(folders, rotaries, strict=True)]
    environment = os.environ | {"PYTHONPATH": str(install_release(OLD))}
    command = [sys.executable, "-c", _RUN]
    subprocess.run(command, input="\n".join(lines), text=True, check=True, env=environment, capture_output=True)
    return [torch.load(folder / f"{rotary}.pt") for folder, rotary in zip(folders, rotaries, strict=True)]
