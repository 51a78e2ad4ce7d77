"""Puts the data of a report into the page that shows it."""

import base64
import gzip
import json
from pathlib import Path


TEMPLATE = Path(__file__).with_name("page.html")
_DATA = "@DATA@"


def render(data: dict) -> str:
    """One HTML page that needs no other file and no network. It carries the data compressed, for phones."""
    packed = gzip.compress(json.dumps(data, separators=(",", ":")).encode(), mtime=0)
    before, after = TEMPLATE.read_text().split(_DATA)
    return before + base64.b64encode(packed).decode() + after
