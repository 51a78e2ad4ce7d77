"""Reads a file and collects what there is to say of it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from . import gguf_geometry, parameter_rules, reader_rules
from .finding import Finding
from .geometry import Layers, Part, every_part, parts, read, switched_off
from .gguf_file import read_gguf
from .json_file import read_json
from .models import has_no_rope, measured_release, model
from .places import is_gguf
from .releases import Reader, Release, installed_release, release_of
from .repair import diff, repaired, written
from .unreadable import UnreadableError


@dataclass
class Diagnosis:
    """What the doctor says of one file.

    Args:
        path: the file.
        model_type: the class, as the file names it.
        release: the release that wrote the file, if it says so.
        known: whether the class was measured.
        layers: how the layers rotate as the file was meant, by kind of layers.
        readers: the names of the releases that were compared.
        findings: the worst first.
        diff: what to write instead, as a unified diff; "" if nothing is to change.
        fixed: the text of the corrected file; "" if nothing is to change.
        error: why the file cannot be read; then nothing else is set.
        remark: one sentence about the whole file.
    """

    path: Path
    model_type: str = ""
    release: str = ""
    known: bool = True
    layers: list[Layers] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    diff: str = ""
    fixed: str = ""
    error: UnreadableError | None = None
    remark: str = ""

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        found = {key: value for key, value in vars(self).items() if key not in ("fixed", "path", "error")}
        found["error"] = None if self.error is None else {"name": self.error.name, "detail": self.error.detail}
        found["layers"] = [asdict(one) for one in self.layers]
        found["findings"] = [asdict(one) for one in self.findings]
        return {"path": str(self.path), **found}


def diagnose(path: Path, installed: Release | None = None) -> Diagnosis:
    """What there is to say of a file. Raises nothing: `error` says why a file cannot be read.

    Args:
        installed: the release to compare with; None for the one in this environment.
    """
    try:
        if is_gguf(path):
            return _of_gguf(path)
        config, text = read_json(path)
    except UnreadableError as error:
        return Diagnosis(path, error=error)
    return of_config(config, text, path, installed or installed_release())


def of_config(config: Mapping[str, Any], text: str, path: Path, installed: Release | None) -> Diagnosis:
    """What there is to say of a config that was read."""
    stated = config.get("model_type")
    found = Diagnosis(path, model_type=stated if isinstance(stated, str) else "")
    writer = release_of(config["transformers_version"]) if config.get("transformers_version") else None
    found.release = writer.version if writer else ""
    all_parts = parts(config)
    found.known = model(stated).known or has_no_rope(stated)
    if not all_parts:
        off = ", ".join(filter(None, map(switched_off, every_part(config))))
        found.remark = (
            f"the model does not rotate, because of {off}"
            if off
            else "the config class of this model type reads no RoPE keys"
            if has_no_rope(stated)
            else "no RoPE keys are stated"
        )
        return found
    if not found.known:
        found.remark = "the model type is not known to this doctor, so its keys are read in the usual way"
    newer = any("rope_parameters" in part.stated for part in all_parts)
    readers = _readers(writer, installed, "5.x" if newer else "4.x")
    found.readers = [name for name, _ in readers]
    meant = readers[0][1]
    for part in all_parts:
        found.layers += read(part, meant)
        found.findings += _findings(part, meant, readers)
    found.findings = _in_order(found.findings)
    new = repaired(config, found.findings, meant, installed is not None and installed.reader == "4.x")
    remaining = {one for part in parts(new) for one in reader_rules.differences(part, readers)}
    found.findings = [
        replace(
            one,
            advice="the doctor knows no form with one meaning for all; find out which result the weights need",
        )
        if one in remaining
        else one
        for one in found.findings
    ]
    if new != config:
        found.fixed = written(new, text)
        found.diff = diff(config, new, text, path.name)
    return found


def _readers(writer: Release | None, installed: Release | None, form: Reader) -> list[tuple[str, Reader]]:
    """The releases to compare. The first is the one whose meaning is kept: it wrote the file, or had its form."""
    wrote: Reader = writer.reader if writer else form
    name = f"{writer}, which wrote the file" if writer else f"a release of {wrote}"
    upstream, fork = f"upstream {measured_release()}", "the fork"
    found: list[tuple[str, Reader]] = [(name, wrote)]
    if installed is not None and installed != writer:
        found.append((f"{installed}, which is installed", installed.reader))
    compared = {reader for _, reader in found}
    return found + [(one, reader) for one, reader in ((upstream, "5.x"), (fork, "fork")) if reader not in compared]


def _findings(part: Part, meant: Reader, readers: list[tuple[str, Reader]]) -> Iterator[Finding]:
    for layers in read(part, "fork" if meant == "fork" else meant):
        for rule in parameter_rules.RULES:
            yield from rule(part, layers)
    for rule in reader_rules.RULES:
        yield from rule(part)
    yield from reader_rules.differences(part, readers)


def _in_order(findings: list[Finding]) -> list[Finding]:
    """Each finding once, the severe ones first."""
    return sorted(dict.fromkeys(findings), key=lambda one: not one.severe)


def _of_gguf(path: Path) -> Diagnosis:
    header = read_gguf(path)
    found = Diagnosis(path, model_type=gguf_geometry.architecture(header), readers=["llama.cpp, and the fork"])
    if any(".rope." in key for key in header.keys) or header.tensors:
        found.layers = [gguf_geometry.layers_of(header)]
    else:
        found.remark = "no rotary keys are stated"
    found.findings = _in_order(list(gguf_geometry.findings_of(header)))
    return found
