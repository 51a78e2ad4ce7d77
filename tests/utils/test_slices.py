"""R7: a whole slice for RoPE rotates on the fork as upstream, also if the config has a factor.

The published configs of Ling and Ring have `partial_rotary_factor: 0.5`, `qk_rope_head_dim` 64 and `head_dim` 128: the
factor describes the head from which the slice is cut.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from overlay.layout import DEFAULT_RELEASE, Layout


def _tables(tree: Path) -> dict[str, tuple[int, list[float]]]:
    worker = Path(__file__).with_name("slice_tables.py")
    done = subprocess.run(
        [sys.executable, str(worker)],
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_factor_does_not_change_the_table_of_a_slice():
    """The tables are the same under every rope type."""
    layout = Layout()
    pristine, fork = _tables(layout.upstream(DEFAULT_RELEASE)), _tables(layout.source(DEFAULT_RELEASE))
    assert {
        "bailing_hybrid.BailingHybridRotaryEmbedding.inv_freq default",
        "deepseek_v3.DeepseekV3RotaryEmbedding.inv_freq yarn",
        "dots3_note.Dots3NoteTextRotaryEmbedding.indexed_attention_inv_freq default",
        "mistral_large4.MistralLarge4TextRotaryEmbedding.inv_freq linear",
    } <= pristine.keys()
    assert len({name.partition(".")[0] for name in pristine}) >= 15
    assert fork.keys() == pristine.keys()
    # In other models, pristine cuts the table, and its forward crashes.
    whole = {name for name, (width, table) in pristine.items() if 2 * len(table) == width}
    assert len(whole) >= 8 and whole != pristine.keys()
    assert not [name for name in whole if fork[name] != pristine[name]]
    assert not [name for name, (width, table) in fork.items() if 2 * len(table) != width]
