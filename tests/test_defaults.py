"""What torch's default type and device are set to changes nothing."""

import functools
import sys
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

import srop
from srop.corruptions import SEVERITIES
from srop.data.limits import CORRUPTIONS
from srop.data.noise import noise_batches, noise_maps
from srop.filters import bands
from srop.white_noise import white_noise_srop


@pytest.fixture
def seeded() -> Callable[..., Tensor]:
    return lambda *shape: torch.rand(
        shape, generator=torch.Generator("cpu").manual_seed(0), dtype=torch.float32, device="cpu"
    )


@pytest.fixture(params=["type", "device"])
def changed(request) -> Iterator[None]:
    """Another default: a type that rounds otherwise, or a device whose tensors have no values."""
    forget()
    try:
        if request.param == "type":
            torch.set_default_dtype(torch.float64)
        else:
            torch.set_default_device("meta")
        yield
    finally:
        as_usual()


def as_usual() -> None:
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    forget()


def forget() -> None:
    for name, module in list(sys.modules.items()):
        for held in vars(module).values() if name.startswith("srop.") else ():
            if isinstance(held, functools._lru_cache_wrapper):
                held.cache_clear()


def network() -> nn.Module:
    """Nothing in it is drawn."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = model.to_empty(device="cpu").float()
    for parameter in model.parameters():
        values = torch.arange(parameter.numel(), dtype=torch.float32, device="cpu")
        parameter.data = (values % 7 - 3).view_as(parameter) / 10
    return model


def number(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, device="cpu")


def monitored(images: Tensor) -> Tensor:
    with srop.Monitor(network(), images, ["0"], every=1) as monitor:
        monitor.step()
    return number(*monitor.table["mean"])


LABELS = [0, 1, 2]
CALLS = {
    "noise_maps": lambda seeded: noise_maps(2, 5),
    "noise_batches": lambda seeded: torch.cat(list(noise_batches(3, 5, 2))),
    "white_noise_srop": lambda seeded: number(white_noise_srop(9, reference=18)),
    "rolloff_points": lambda seeded: srop.rolloff_points(seeded(3, 7, 7), reference=31),
    "radial_spectrum": lambda seeded: srop.radial_spectrum(seeded(3, 7, 7), reference=31),
    "rolloff_points_1d": lambda seeded: srop.rolloff_points_1d(seeded(3, 50), band=(2, 20)),
    "dead_maps": lambda seeded: srop.dead_maps(seeded(3, 7, 7)),
    "filter_centers": lambda seeded: srop.filter_centers(seeded(3, 2, 3, 3) - 0.5),
    "low_proportion": lambda seeded: number(srop.low_proportion(seeded(9, 2, 3, 3) - 0.5, 12)),
    "bands": lambda seeded: bands(3, 9).filters.abs(),
    "fourier_heatmap": lambda seeded: (
        srop.fourier_heatmap(network(), seeded(3, 3, 6, 6), torch.tensor(LABELS, device="cpu"), norm=0.3).change
    ),
    "monitor": lambda seeded: monitored(seeded(3, 3, 8, 8)),
} | {
    f"occluded_frequency {transform} {baseline}": lambda seeded, transform=transform, baseline=baseline: (
        srop.occluded_frequency(
            network(),
            seeded(3, 3, 6, 6),
            torch.tensor(LABELS, device="cpu"),
            transform=transform,
            baseline=baseline,
        )
    )
    for transform in ("dct", "dft")
    for baseline in ("zeros", "random", "other")
}


@pytest.mark.parametrize("name", CALLS)
def test_nothing_hangs_on_defaults(name, changed, seeded):
    there = CALLS[name](seeded)
    as_usual()
    assert there.device.type == "cpu"
    here = CALLS[name](seeded)
    assert there.dtype == here.dtype
    assert torch.allclose(there.double(), here.double(), rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "frost"])
def test_no_corruption_hangs_on_defaults(name, changed, seeded):
    images = seeded(2, 3, 16, 16)
    there = [srop.corrupted(images, name, severity) for severity in SEVERITIES]
    as_usual()
    here = [srop.corrupted(images, name, severity) for severity in SEVERITIES]
    assert all(torch.allclose(*pair, rtol=0, atol=1e-6) for pair in zip(there, here, strict=True))
