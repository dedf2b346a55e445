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


def network(scale: float = 1) -> nn.Module:
    """Nothing in it is drawn."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = model.to_empty(device="cpu").float()
    for parameter in model.parameters():
        values = torch.arange(parameter.numel(), dtype=torch.float32, device="cpu")
        parameter.data = (values % 7 - 3 + 0.1 * scale).view_as(parameter) / 10
    return model


def pooled() -> nn.Module:
    return nn.Sequential(network()[0], nn.MaxPool2d(2))


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
    "profile": lambda seeded: number(*srop.profile(network(), [seeded(3, 3, 8, 8)], ["0", "1"])["mean"]),
    "compare": lambda seeded: number(
        *srop.compare(network(), network(scale=2), [seeded(6, 3, 8, 8)], ["0", "1"])["difference"]
    ),
    "describe_channels": lambda seeded: number(*srop.describe_channels(network(), [seeded(3, 3, 8, 8)], "0")["srop"]),
    "aliasing": lambda seeded: number(*srop.aliasing(pooled(), [seeded(3, 3, 8, 8)])["mean"]),
    "aliased_share": lambda seeded: srop.aliased_share(seeded(3, 8, 8), 2),
    "band_accuracy": lambda seeded: number(
        *srop.band_accuracy(network(), seeded(3, 3, 8, 8), torch.tensor([0, 0, 3], device="cpu"), norm=3.0, width=0.5)[
            ["accuracy", "l2"]
        ]
        .to_numpy()
        .flat
    ),
    "dominant_frequencies": lambda seeded: (
        (
            srop.dominant_frequencies(
                network(), seeded(6, 3, 8, 8), torch.tensor([*LABELS, *LABELS], device="cpu"), patch=3
            )
        ).rise
    ),
    "kept_frequencies": lambda seeded: srop.kept_frequencies(
        seeded(2, 3, 8, 8), torch.ones(8, 8, dtype=torch.bool, device="cpu")
    ),
    "layer_amplitudes": lambda seeded: number(
        *srop.layer_amplitudes(network(), [seeded(3, 3, 8, 8)], ["0"])["amplitude"]
    ),
    "relative_log_amplitude": lambda seeded: srop.relative_log_amplitude(seeded(2, 3, 8, 8)).amplitude,
    "soft_rolloff_points": lambda seeded: srop.soft_rolloff_points(seeded(3, 7, 7)),
    "spectral_slope": lambda seeded: srop.spectral_slope(seeded(3, 16, 16)),
    "power_by_direction": lambda seeded: srop.power_by_direction(seeded(3, 16, 16)),
    "zigzag_spectrum": lambda seeded: srop.zigzag_spectrum(seeded(3, 16, 16)),
    "median_residual": lambda seeded: srop.median_residual(seeded(3, 16, 16)),
    "fine_share": lambda seeded: srop.fine_share(seeded(3, 16, 16), 4),
    "concentration": lambda seeded: srop.concentration(seeded(3, 16, 16)),
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
