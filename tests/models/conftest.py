"""What the models of this repository are known to break stands in one file."""

import os
from pathlib import Path


os.environ.setdefault("TRANSFORMERS_CONFORMANCE_EXCEPTIONS", str(Path(__file__).with_name("exceptions.toml")))
