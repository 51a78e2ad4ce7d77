"""The benchmark times equal computations: both sides give the same results. Its times are not tested."""

import importlib.util

import pytest
import torch

from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout


SPEC = importlib.util.spec_from_file_location("rotation_benchmark", REPOSITORY / "benchmarks" / "rotation.py")
benchmark = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(benchmark)

PRISTINE = Layout().upstream(DEFAULT_RELEASE) / "transformers"
FORK = Layout().source(DEFAULT_RELEASE) / "transformers"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("root", "counterpart", "width"), benchmark.ROOTS)
def test_the_rotations_of_the_benchmark_are_bit_identical(root, counterpart, width, dtype):
    inputs = benchmark.make_inputs(3, width, dtype)
    ours, theirs = benchmark.load_rotation(FORK, root), benchmark.load_rotation(PRISTINE, counterpart)
    assert all(map(torch.equal, ours(*inputs), theirs(*inputs)))
    assert not torch.equal(ours(*inputs)[0], inputs[0])


@pytest.mark.parametrize(("root", "counterpart", "width"), benchmark.ROOTS)
def test_gradients_are_bit_identical_too(root, counterpart, width):
    gradients = []
    for rotation in (benchmark.load_rotation(FORK, root), benchmark.load_rotation(PRISTINE, counterpart)):
        q, k, cos, sin = benchmark.make_inputs(3, width, torch.float32)
        q.requires_grad_()
        k.requires_grad_()
        q_turned, k_turned = rotation(q, k, cos, sin)
        weights = torch.linspace(-1, 1, q.numel()).view_as(q)
        ((q_turned * weights).sum() + k_turned.square().sum()).backward()
        gradients.append((q.grad, k.grad))
    assert all(map(torch.equal, *gradients))


@pytest.mark.parametrize("width", [128, 32, 31, 1, 0])
def test_the_root_compiles_whole_and_differentiates_twice(width):
    """No graph break at any width, and right gradients of every order."""
    rotation = benchmark.load_rotation(FORK, "llama")
    inputs = benchmark.make_inputs(3, width, torch.float32)
    compiled = torch.compile(rotation, fullgraph=True, backend="aot_eager")
    assert all(map(torch.equal, compiled(*inputs), rotation(*inputs)))
    q, k, cos, sin = (part.double()[:, :1, :2] if part.dim() == 4 else part.double()[:, :2] for part in inputs)
    q, k = q[..., : width + 1].clone().requires_grad_(), k[..., : width + 1].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda *heads: rotation(*heads, cos, sin), (q, k))
    assert torch.autograd.gradgradcheck(lambda *heads: rotation(*heads, cos, sin), (q, k))


def test_a_ratio_is_the_new_time_over_the_old():
    def slow(count):
        return sum(range(200 * count))

    def fast(count):
        return sum(range(count))

    assert benchmark.ratio(slow, fast, (1000,), turns=5, calls=2) > 5
    assert benchmark.ratio(fast, slow, (1000,), turns=5, calls=2) < 0.2
