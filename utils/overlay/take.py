"""Takes a release of upstream from pip, without what it requires. A build takes none: pip has brought it then."""

import json
import shutil
import subprocess
import sys

from .errors import OverlayError
from .layout import Layout
from .upstream import PACKAGE, copy_whole, digest_of, first_difference, known_releases, read_manifest


def take(layout: Layout, release: str) -> str:
    """Make `build/upstream/<release>`, unless it exists; returns the digest of its files.

    Raises:
        OverlayError: pip has no such release, or the copy that exists was changed.
    """
    home = layout.upstream(release)
    if not home.exists():
        _install(layout, release)
    manifest = read_manifest(home / PACKAGE, home)
    pin = known_releases(layout).get(release)
    kept = pin.digest if pin else digest_of(json.loads((home / "manifest.json").read_text()))
    if digest_of(manifest) != kept:
        raise OverlayError(
            "the pristine copy of upstream was changed" + first_difference(home, manifest),
            way_out=f"delete {home} and run the command again",
            release=release,
        )
    return kept


def _install(layout: Layout, release: str) -> None:
    folder = layout.upstream(release).with_name(f".{release}.pip")
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-compile", "--target", folder, f"{PACKAGE}=={release}"]
    if subprocess.run(command, stdout=sys.stderr).returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise OverlayError(
            f"pip cannot install transformers {release}",
            way_out="correct the release, or what pip reports above",
            release=release,
        )
    (metadata,) = folder.glob(f"{PACKAGE}-*.dist-info")
    layout.upstream(release).parent.mkdir(parents=True, exist_ok=True)
    copy_whole(folder / PACKAGE, metadata, read_manifest(folder / PACKAGE, metadata), layout.upstream(release))
    shutil.rmtree(folder)
