"""The fork as a distribution: upstream's own metadata, and the files that the build backend made."""

import os
import sys
import tempfile
from pathlib import Path

from setuptools import setup


sys.path.insert(0, str(Path(__file__).parent / "utils"))

from overlay.distribution import setup_arguments  # noqa: E402
from overlay.layout import DEFAULT_RELEASE, Layout  # noqa: E402


layout = Layout()
release = os.environ.get("TRANSFORMERS_UPSTREAM", DEFAULT_RELEASE)
# A source distribution carries the overlay, never upstream's files: it has no packages.
arguments = setup_arguments(layout, release, with_files="sdist" not in sys.argv)
# What setuptools leaves behind must neither meet another build nor lie in the fork, which is on the import path.
with tempfile.TemporaryDirectory(prefix="setuptools-", dir=layout.build) as scratch:
    setup(**arguments, options={"build": {"build_base": scratch}, "egg_info": {"egg_base": scratch}})
