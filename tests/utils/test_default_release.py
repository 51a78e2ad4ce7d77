"""The release that is built by default is written in one place, and what is made from it names it."""

import re
import subprocess

from overlay.layout import DEFAULT_RELEASE, REPOSITORY


# Files that name the release, and why they must.
ALLOWED = {
    "lines/5/upstream.toml": "the one place",
    "README.md": "says what is installed, and of which release its numbers are; tests hold the numbers",
    "CHANGELOG.md": "says which releases there are forks of",
    "conformance/README.md": "shows what the doctor prints; a test holds it",
    "conformance/src/transformers_conformance/doctor/models.json": "made by `make facts`",
    "docs/upstream_bugs.md": "made by `make bugs`",
    "docs/mutants-5.md": "made by `make mutants`",
}


def naming(release: str, text: str) -> bool:
    """Whether a text names a release, apart from links to upstream's code, which stay as they are."""
    return bool(re.search(rf"(?<![\w.]){re.escape(release)}(?![\w.]*\w)", re.sub(r"/blob/v[\d.]+/", "", text)))


def test_no_other_file_names_the_default_release():
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    files = [name for name in listed.stdout.splitlines() if (REPOSITORY / name).is_file()]
    texts = {name: (REPOSITORY / name).read_text(errors="replace") for name in files}
    assert {name for name, text in texts.items() if naming(DEFAULT_RELEASE, text)} <= ALLOWED.keys()


def test_a_name_of_a_release_is_told_from_others():
    for text in ("9.8.7", "transformers==9.8.7, x", "9.8.7-fork", "of 9.8.7.", 'releases = ">=9.8.7"'):
        assert naming("9.8.7", text), text
    for text in ("9.8.70", "19.8.7", "9.8", "9.8.7.1", "https://host/blob/v9.8.7/src/x.py"):
        assert not naming("9.8.7", text), text
