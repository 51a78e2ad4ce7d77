"""Time the fork's `apply_rotary_pos_emb` against pristine's, in the same process, as ratios.

Both are read from their trees (`build/fork`, `build/upstream`) and run in turns on the same tensors, eager and without
gradients. A ratio is the median over many turns; A/A times pristine against itself the same way, so that a reader sees
what the machine's noise makes of nothing. Each rotation that the overlay changes stands against its own definition in
pristine; a partial width, which pristine's LLaMA has not, against GPT-NeoX's.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from overlay.definitions import find_definitions, split
from overlay.layout import DEFAULT_RELEASE, Layout


HEADS, KEY_VALUE_HEADS, HEAD_DIM, ROTARY_NDIMS = 32, 8, 128, 32
PREFILL = 2048
# The rotations that the overlay changes, each against the pristine definition that does the same, and the width.
ROOTS = (
    ("llama", "llama", HEAD_DIM),
    ("llama", "gpt_neox", ROTARY_NDIMS),
    ("olmo", "olmo", HEAD_DIM),
    ("cohere", "cohere", HEAD_DIM),
    ("modernbert", "modernbert", HEAD_DIM),
    ("ernie4_5", "ernie4_5", HEAD_DIM),
    ("helium", "helium", HEAD_DIM),
)


def load_rotation(package: Path, model: str) -> Callable:
    """`apply_rotary_pos_emb` of a modeling file, undecorated, on its own."""
    source = (package / "models" / model / f"modeling_{model}.py").read_text()
    lines = source.splitlines(keepends=True)
    namespace = {"torch": torch}
    for span in find_definitions(source):
        if span.name in ("rotate_half", "apply_rotary_pos_emb"):
            parts = split(span.text(lines))
            exec(parts.header + parts.docstring + parts.body, namespace)
    return namespace["apply_rotary_pos_emb"]


def make_inputs(positions: int, width: int, dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(1, HEADS, positions, HEAD_DIM, generator=generator).to(dtype)
    k = torch.randn(1, KEY_VALUE_HEADS, positions, HEAD_DIM, generator=generator).to(dtype)
    angles = torch.rand(1, positions, width // 2, generator=generator).repeat(1, 1, 2)
    return q, k, angles.cos().to(dtype), angles.sin().to(dtype)


def ratio(new: Callable, old: Callable, inputs: tuple[torch.Tensor, ...], turns: int, calls: int) -> float:
    """The median over turns of the time of `calls` calls of `new`, over that of `old` in the same turn."""

    def seconds(function: Callable) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            function(*inputs)
        return time.perf_counter() - start

    ratios = []
    for turn in range(turns):
        if turn % 2:  # neither always runs first
            old_time, new_time = seconds(old), seconds(new)
        else:
            new_time, old_time = seconds(new), seconds(old)
        ratios.append(new_time / old_time)
    return statistics.median(ratios)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--release", default=DEFAULT_RELEASE, help="the upstream release (default: %(default)s)")
    release = parser.parse_args().release
    layout = Layout()
    pristine, fork = layout.upstream(release) / "transformers", layout.source(release) / "transformers"
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"q {HEADS} heads, k {KEY_VALUE_HEADS}, head_dim {HEAD_DIM}, partial width {ROTARY_NDIMS}")
    print("time of the fork / time of pristine (A/A: the range of pristine / pristine)")
    print(f"{'':28}{'prefill ' + str(PREFILL):>22}{'decoding 1':>22}")
    for root, counterpart, width in ROOTS:
        new, old = load_rotation(fork, root), load_rotation(pristine, counterpart)
        for dtype in (torch.float32, torch.bfloat16):
            cells = []
            for positions, turns, calls in ((PREFILL, 9, 2), (1, 51, 100)):
                inputs = make_inputs(positions, width, dtype)
                assert all(map(torch.equal, new(*inputs), old(*inputs))), "the two are not bit-identical"
                noise = [ratio(old, old, inputs, turns, calls) for _ in range(3)]
                measured = ratio(new, old, inputs, turns, calls)
                cells.append(f"{measured:.2f} ({min(noise):.2f}..{max(noise):.2f})")
            label = f"{root} {'full' if width == HEAD_DIM else 'partial'}"
            print(f"{label:20}{str(dtype).removeprefix('torch.'):8}{cells[0]:>22}{cells[1]:>22}", flush=True)


if __name__ == "__main__":
    main()
