"""Writes the pin of a release into the file of its line, and its locks."""

from discovery import lock as exempt_lock
from overlay import lockfile
from overlay.layout import Layout
from overlay.upstream import Pin, known_releases


def write(layout: Layout, pin: Pin, line: str, lock: dict[str, dict], covered: exempt_lock.Covered) -> list[str]:
    """Write what is new; returns the names of the files."""
    file = layout.root / "lines" / line / "upstream.toml"
    if pin.release not in known_releases(layout):
        layers = ", ".join(f'"{layer}"' for layer in pin.layers)
        table = f'\n[releases."{pin.release}"]\ndigest = "{pin.digest}"\nlayers = [{layers}]\n'
        file.write_text(file.read_text() + table)
    lockfile.write(layout, pin.release, lock)
    exempt_lock.write(layout, pin.release, covered)
    files = (file, layout.lock(pin.release), layout.exempt_lock(pin.release))
    return [path.relative_to(layout.root).as_posix() for path in files]
