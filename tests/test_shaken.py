"""The mode that moves results by a unit or two in the last place."""

import pytest
import torch
from maps import noise
from shaken import MOST, Shaken
from torch.utils._python_dispatch import _disable_current_modes

from srop.corruptions import disk


@pytest.fixture(autouse=True)
def _nothing_else_shakes():
    with _disable_current_modes():
        yield


def weights(dtype: torch.dtype) -> torch.Tensor:
    return noise(5, 3, 3, 3, seed=1, dtype=dtype)


CALLS = {
    "product": lambda x: x @ x.mT,
    "einsum": lambda x: torch.einsum("nchw,ncvw->nhv", x, x),
    "linear": lambda x: torch.nn.functional.linear(x, noise(4, 9, dtype=x.dtype), noise(4, dtype=x.dtype)),
    "convolution": lambda x: torch.nn.functional.conv2d(x, weights(x.dtype)),
    "transform": lambda x: torch.view_as_real(torch.fft.fft2(x)),
    "real transform": lambda x: torch.fft.irfft2(torch.fft.rfft2(x)),
    "sum": lambda x: x.sum(dim=-1),
    "running sum": lambda x: x.cumsum(dim=-1),
    "mean": lambda x: x.mean(dim=(0, 2)),
    "variance": lambda x: x.var(dim=0),
    "norm": lambda x: x.norm(dim=-1),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("without_gradients", [torch.enable_grad, torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", CALLS)
def test_results_move_by_two_units_at_most_and_by_seed(name, without_gradients, dtype):
    call, x = CALLS[name], noise(6, 3, 9, 9, dtype=dtype)
    with without_gradients():
        still = call(x)
        with Shaken(0):
            moved, again = call(x), call(x)
        with Shaken(1):
            other = call(x)
    assert torch.equal(moved, again)
    assert not torch.equal(moved, still)
    assert not torch.equal(moved, other)
    if name != "real transform":  # two, one after the other
        bits = {torch.float32: torch.int32, torch.float64: torch.int64}[dtype]
        assert (moved.view(bits) - still.view(bits)).abs().max() <= MOST


def test_gradients_move_too():
    x = noise(2, 3, 9, 9, dtype=torch.float64).requires_grad_()
    (still,) = torch.autograd.grad(torch.nn.functional.conv2d(x, weights(x.dtype)).square().sum(), x)
    with Shaken(0):
        (moved,) = torch.autograd.grad(torch.nn.functional.conv2d(x, weights(x.dtype)).square().sum(), x)
    torch.testing.assert_close(moved, still)
    assert not torch.equal(moved, still)


def test_what_is_exact_on_every_cpu_stays():
    whole = torch.randint(-9, 9, (4, 6, 6), generator=torch.Generator().manual_seed(0))
    calls = [
        lambda x: x @ x.mT,
        lambda x: x.sum(dim=-1),
        lambda x: x.cumsum(dim=-1),
        lambda x: torch.nn.functional.conv2d(x[:, None], x[:1, None, :3, :3]),
        lambda x: x.relu().sqrt() / 3 + x.abs() * 0.1,
    ]
    for call in calls:
        for x in (whole, whole.float(), whole.double()):
            still = call(x)
            with Shaken(0):
                assert torch.equal(call(x), still)
    # Means of whole numbers, and single additions.
    x, y = noise(2, 50, seed=3)
    for call in (lambda: (x > 0).double().mean(), lambda: torch.stack([x, y]).sum(dim=0), lambda: x[:1].nansum()):
        still = call()
        with Shaken(0):
            assert torch.equal(call(), still)
    extremes = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.0, 1e-45])[:, None]
    with Shaken(0):
        torch.testing.assert_close(extremes.sum(dim=1), extremes[:, 0], rtol=0, atol=0, equal_nan=True)


def test_it_shows_that_a_convolution_is_no_mirror_image_of_itself():
    """Bit for bit on one CPU and not on another: what a test once asked for."""
    for seed in range(5):
        with Shaken(seed):
            kernel = disk(1, 0.2)
        assert not torch.equal(kernel, kernel.flip(0, 1))
        torch.testing.assert_close(kernel, kernel.flip(0, 1), rtol=1e-12, atol=0)
