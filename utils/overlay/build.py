"""Builds the fork from a pinned upstream release and the overlay: all of it, or nothing."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from . import checks, lockfile, stamp, tools
from .edits import Edit, Overlay, load_overlay
from .engine import EditedFiles, PackageFiles, Reach, Tree, apply, reaches_of
from .errors import OverlayError
from .index import Index
from .layout import Layout
from .series import check_needs
from .upstream import PACKAGE, Pin, ensure_pristine, find_pin, known_releases


@contextmanager
def only_one_build(layout: Layout) -> Iterator[None]:
    """Two builds of one checkout take turns."""
    layout.build.mkdir(parents=True, exist_ok=True)
    with FileLock(layout.build_lock):
        yield


def build(layout: Layout, release: str) -> bool:
    """Build the fork at `build/fork/<release>/src`; returns False if it is up to date.

    The new tree is written to a folder of its own. Then one rename of a link puts it in the place of the old tree, so
    a build that is killed leaves the old fork working.

    Raises:
        OverlayError: upstream, the overlay or the lock has an error. The old fork stays.
    """
    pin = find_pin(layout, release)
    with only_one_build(layout):
        inputs = _inputs(layout, pin)
        kept = stamp.read(layout, release)
        if kept is not None and kept.inputs == inputs:
            return False
        manifest = ensure_pristine(layout, pin)
        index = Index(layout.index(release))
        reaches, edited = plan(layout, pin, index)
        lockfile.check(layout, release, lockfile.describe(reaches, edited.counts))
        _put_in_place(layout, pin, edited, manifest, inputs)
        index.save()
        return True


def plan(layout: Layout, pin: Pin, index: Index) -> tuple[list[Reach], EditedFiles]:
    """Apply the overlay to a pristine release in memory, and check the result."""
    before, reaches = find_reaches(layout, pin, index)
    edited = apply(reaches, before)
    checks.check_counts(reaches, edited, pin.release)
    checks.check_result(reaches, edited, before, pin.release)
    return reaches, edited


def find_reaches(layout: Layout, pin: Pin, index: Index) -> tuple[Tree, list[Reach]]:
    """The pristine tree of a release, and what each edit reaches in it, root by root."""
    tree = pristine_tree(layout, pin, index)
    overlay = read_overlay(layout, pin)
    return tree, [reach for edit in overlay.edits for reach in reaches_of(edit, tree, pin.release)]


def pristine_tree(layout: Layout, pin: Pin, index: Index) -> Tree:
    package = layout.upstream(pin.release) / PACKAGE
    names = (path.relative_to(package).as_posix() for path in sorted(package.rglob("*.py")))
    return Tree(PackageFiles(package, names), index, identity=pin.digest)


def read_overlay(layout: Layout, pin: Pin, *adopted: str) -> Overlay:
    """The edits of the layers that serve a release, also those that are only for other releases.

    Args:
        adopted: releases that are not pinned, and that edits may be for all the same.

    Raises:
        OverlayError: a root that no release which its layer serves has, which could never apply; or two edits with one
            name in a release; or a series that calls what another adds, and does not need it.
    """
    overlay = load_overlay([layout.layer(layer) for layer in pin.layers])
    check_needs(overlay.series, overlay.edits)
    for layer in pin.layers:
        pinned = (one for one, other in known_releases(layout).items() if layer in other.layers)
        served = {pin.release, *adopted, *pinned}
        for edit in overlay.edits:
            if _is_in(edit, layout.layer(layer)):
                _check_served(edit, layer, served)
    named: dict[str, Edit] = {}
    for edit in overlay.edits:
        for name in (edit.key(root) for root in edit.roots if root.releases.contains(pin.release)):
            if named.setdefault(name, edit) is not edit:
                raise OverlayError(
                    "two edits of one definition have the same description",
                    way_out="give each its own, or ranges in `releases` that do not overlap",
                    file=edit.declared_in,
                    edit=edit.label,
                    release=pin.release,
                )
    return overlay


def _check_served(edit: Edit, layer: str, served: set[str]) -> None:
    for root in edit.roots:
        if not any(map(root.releases.contains, served)):
            raise OverlayError(
                f"{root} is for {root.releases}, and {layer} serves {' and '.join(sorted(served))}",
                way_out="correct `releases`, or the range of this root in `extra_roots`",
                file=edit.declared_in,
                edit=edit.label,
            )


def _is_in(edit: Edit, layer: Path) -> bool:
    return Path(edit.declared_in).is_relative_to(layer / PACKAGE)


def built_files(layout: Layout, release: str) -> list[str]:
    """The files that the fork in place changes, as paths under `transformers/`."""
    return stamp.read_built(layout, release).files


def _inputs(layout: Layout, pin: Pin) -> str:
    """A digest of all that a build depends on: the pin, the overlay, the lock, this engine and its tools.

    The path of a file counts too, because it says which upstream file an edit changes.
    """
    digest = hashlib.sha256(f"{pin}\0{tools.versions()}\0".encode())
    sources = [path for layer in pin.layers for path in sorted(layout.layer(layer).rglob("*")) if path.is_file()]
    sources += [*sorted(Path(__file__).parent.glob("*.py")), layout.lock(pin.release)]
    for path in sources:
        if path.exists():
            here = path.relative_to(layout.root if path.is_relative_to(layout.root) else Path(__file__).parent)
            digest.update(f"{here.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _put_in_place(layout: Layout, pin: Pin, edited: EditedFiles, manifest: dict[str, str], inputs: str) -> None:
    link = layout.source(pin.release) / PACKAGE
    link.parent.mkdir(parents=True, exist_ok=True)
    layout.trees.mkdir(parents=True, exist_ok=True)
    # This removes what a killed build left, and the tree before the present one. The present one stays until the next
    # build, because a process that imported from it may still read its files.
    _remove_trees(layout, pin, keep=link.resolve().parent)
    tree = Path(tempfile.mkdtemp(prefix=f"{pin.release}.", dir=layout.trees))
    tree.chmod(0o755)  # mkdtemp keeps other users out; an install for all of them must let them in
    _write_tree(tree, layout.upstream(pin.release), link.resolve().parent, manifest, edited)
    checks.check_untouched(tree, manifest, edited.files, pin.release)
    stamp.Stamp(inputs, sorted(edited.files), stamp.patch_set_of(edited.files)).write(tree)
    fresh = link.with_name(f".{PACKAGE}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(tree / PACKAGE, link.parent), target_is_directory=True)
    fresh.replace(link)


def _write_tree(tree: Path, pristine: Path, old: Path, manifest: dict[str, str], edited: EditedFiles) -> None:
    """Fill a new tree. Files that no edit reaches are links into the old tree, or copies with the same time.

    The time shows whether somebody wrote into a file, and it keeps bytecode valid.
    """
    names = [name for name in manifest if name.startswith(PACKAGE + "/")]
    for folder in sorted({(tree / name).parent for name in names}):
        folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        changed = edited.files.get(name.removeprefix(PACKAGE + "/"))
        if changed is not None:
            (tree / name).write_text(changed, "utf-8")
        elif _is_copy(old / name, pristine / name):
            os.link(old / name, tree / name)
        else:
            shutil.copy2(pristine / name, tree / name)


def _is_copy(path: Path, original: Path) -> bool:
    try:
        one, other = path.stat(), original.stat()
    except OSError:
        return False
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _remove_trees(layout: Layout, pin: Pin, keep: Path) -> None:
    for tree in layout.trees.glob(f"{pin.release}.*"):
        if tree != keep:
            shutil.rmtree(tree, ignore_errors=True)
