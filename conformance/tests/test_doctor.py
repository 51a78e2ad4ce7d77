"""The doctor says of each published shape what it must."""

import json
from pathlib import Path

import pytest

from doctor_shapes import SHAPES
from transformers_conformance.doctor.diagnosis import diagnose
from transformers_conformance.doctor.releases import release_of


UPSTREAM = release_of("5.24.0")


def diagnosis_of(folder: Path, config: dict):
    file = folder / "config.json"
    file.write_text(json.dumps(config, indent=2))
    return diagnose(file, UPSTREAM)


@pytest.mark.parametrize("name", SHAPES)
def test_published_shapes(tmp_path, name):
    shape = SHAPES[name]
    found = diagnosis_of(tmp_path, shape.config)
    layers = {
        one.name: (one.head_dim, one.rotary_ndims, one.base, one.rope_type, one.parameters.get("factor"))
        for one in found.layers
        if one.rope_type != "axial"
    }
    assert layers == shape.layers
    assert {finding.rule for finding in found.findings} == shape.rules
    assert bool(found.fixed) == shape.fixed
