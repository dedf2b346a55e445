"""The project's speed, as ratios to yardsticks that run in turn with it on the same device."""

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np
import torch
from scipy.special import stdtrit
from torch import Tensor
from tqdm import tqdm

from srop import lanes
from srop.convention import PUBLISHED
from srop.data.digits import Digits
from srop.folding import fold
from srop.hooks import reduced_layers
from srop.networks.build import build_network
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_task import digit_task
from srop.networks.training import train
from srop.pipeline import provenance
from srop.profiles import profile
from srop.rings import Band
from srop.rolloff import rolloff_points
from srop.sizes import MapSize, as_size
from srop.spectra import half_plane, upsampled_power
from srop.speed.reference_implementations import (
    azimuthal_average_point,
    example_training,
    own_size_points,
    powerbox_point,
    straightforward_points,
)

REFERENCE = 224
"""The reference size of all SROPs here."""

_EVEN, _UNEVEN = (224, 112, 56, 28, 14, 7), (55, 27, 13)
_INPUT, _STRIDES = MapSize(224, 320), (1, 2, 8, 32)
"""An input that is not square, and the strides of layers whose maps are measured at its size."""
_FFT, _LARGE_FFT, _FORWARD, _EXAMPLE = "rfft2", f"rfft2 at {REFERENCE}", "forward pass", "MNIST example"
_STRAIGHTFORWARD, _CHANNELS_LAST = "straightforward torch", "rfft2, our maps in channels last"
_CHANNELS = 64
_PRECISIONS = ("float32", "bfloat16")
SIX_LINES = "six lines of torch"
"""A yardstick: :func:`srop.speed.reference_implementations.own_size_points`."""
_SMALL_SIZES, _FEW = (14, 24, 28, 56), (1, 8, 64, 512, 8192)
_TARGETS = {
    "cpu": {
        _FFT: {"224": 1.0, "112": 1.0, "56": 1.0, "28": 1.0, "14": 1.0, "7": 1.0}
        | {"224 x 320": 1.5, "112 x 160": 1.5, "28 x 40": 1.5, "7 x 10": 3.0},
        _CHANNELS_LAST: {"224": 1.0, "112": 1.0, "56": 0.6, "28": 0.6, "14": 0.6, "7": 0.6},
        _LARGE_FFT: {"55": 0.7, "27": 0.7, "13": 0.7},
        SIX_LINES: {f"{few:,} of {size} x {size}": 1.0 for size in _SMALL_SIZES for few in _FEW},
        _STRAIGHTFORWARD: {"112": 8, "56": 30, "28": 100, "14": 100, "7": 100},
        _FORWARD: {"ResNet18": 1.1, "VGG16": 1.3, "ResNet18, channels last": 1.1, "VGG16, channels last": 1.3},
        _EXAMPLE: {"float32": 1.1, "bfloat16": 1.8},
    },
    "cuda": {
        _FFT: {"224": 1.3, "112": 1.3, "56": 1.0, "28": 1.0, "14": 1.0, "7": 1.0},
        _FORWARD: {"ResNet18": 1.3, "VGG16": 1.3, "ResNet18, channels last": 1.3, "VGG16, channels last": 1.3},
        _EXAMPLE: {"float32": 10},
    },
}
"""The targets: for yardsticks of :data:`_OVER` the largest ratio of times, for others the least speed-up."""
_OVER = (_FFT, _CHANNELS_LAST, _LARGE_FFT, SIX_LINES, _FORWARD)
"""Rows of these yardsticks give our time divided by theirs; other rows say how many times faster the project is."""
_COMPONENTS = {"cpu": 2**22, "cuda": 2**28}
_IMAGES = {"cpu": 10, "cuda": 64}
_FEWER_IMAGES = {("cpu", "VGG16"): 4}
"""Images in a batch of profiles. On a CPU there are as many as in the pipeline, or fewer if that would take minutes."""


def speed_of_srops(device: torch.device, *, rounds: int = 15) -> Iterator[dict[str, Any]]:
    """Time SROPs of white noise, in float32, against the FFT of the same maps and straightforward implementations.

    Args:
        device: The device to measure on.
        rounds: How often each call is timed, in turn with the other calls.

    Yields:
        Rows of the table: ``what`` (size of the maps), ``against``, ``measure`` (``"time over"`` or ``"times faster
        than"``), ``device``, ``ratio`` (median over the rounds), ``low`` and ``high`` (its quartiles), ``target``,
        ``verdict`` (``"pass"``, ``"falls short"`` or nothing) and ``note``.
    """
    generator = torch.Generator().manual_seed(0)

    def noise(number: int, size: int) -> Tensor:
        return torch.randn(number, size, size, generator=generator).to(device)

    lanes.compile_ahead(_EVEN)
    largest = _number(REFERENCE, device)
    for size in (*_EVEN, *_UNEVEN):
        even = REFERENCE % size == 0
        maps = noise(_number(size, device) if even else 4 * largest, size)
        transformed = maps if even else noise(largest, REFERENCE)
        few, two = maps[: 16 if device.type == "cpu" else 1024], maps[:2].cpu().numpy()
        calls = {
            "ours": (partial(rolloff_points, maps, reference=REFERENCE), len(maps)),
            _FFT if even else _LARGE_FFT: (partial(torch.fft.rfft2, transformed), len(transformed)),
            _STRAIGHTFORWARD: (partial(straightforward_points, few, REFERENCE), len(few)),
        }
        transform = partial(half_plane, maps) if even else partial(upsampled_power, maps, as_size(REFERENCE))
        if even and device.type == "cpu":
            transform = _folded_power(maps)
            channels_last = _as_channels_last(maps)
            calls["channels last"] = (partial(rolloff_points, channels_last, reference=REFERENCE), len(maps))
        calls["transform"] = (transform, len(maps))
        if device.type == "cpu":
            calls["NumPy, map by map"] = (partial(_each, azimuthal_average_point, two), len(two))
            if find_spec("powerbox"):
                calls["powerbox, map by map"] = (partial(_each, powerbox_point, two), len(two))
        seconds = _in_turn(calls, rounds, device, f"SROPs at {size}")
        ours, transform = seconds.pop("ours"), seconds.pop("transform")
        note = f"{np.median(transform / ours):.0%} of it the transform, the rest rings"
        if (channels_last := seconds.pop("channels last", None)) is not None:
            yield _row(str(size), _CHANNELS_LAST, device, channels_last, seconds[_FFT])
        for against, theirs in seconds.items():
            yield _row(str(size), against, device, ours, theirs, note=note)


def speed_of_rectangles(device: torch.device, *, rounds: int = 15) -> Iterator[dict[str, Any]]:
    """Time SROPs of maps that are not square, at the size of the input, against the FFT of the same maps.

    Args:
        device: The device to measure on.
        rounds: As for :func:`speed_of_srops`.

    Yields:
        Rows as :func:`speed_of_srops`.
    """
    generator = torch.Generator().manual_seed(0)
    for stride in _STRIDES:
        size = MapSize(*(side // stride for side in _INPUT))
        number = max(_COMPONENTS[device.type] // size.pixels, 1)
        maps = torch.randn(number, *size, generator=generator).to(device)
        calls = {
            "ours": (partial(rolloff_points, maps, reference=_INPUT), number),
            _FFT: (partial(torch.fft.rfft2, maps), number),
        }
        seconds = _in_turn(calls, rounds, device, f"SROPs at {size.words}")
        yield _row(size.words, _FFT, device, seconds["ours"], seconds[_FFT], note=f"referred to {_INPUT.words}")


def speed_of_small_calls(device: torch.device, *, rounds: int = 15) -> Iterator[dict[str, Any]]:
    """Time SROPs of few and of many maps, at their own size, against six lines of torch.

    Args:
        device: The device to measure on.
        rounds: As for :func:`speed_of_srops`; a round repeats short calls until they take some milliseconds.

    Yields:
        Rows as :func:`speed_of_srops`.
    """
    generator = torch.Generator().manual_seed(0)
    lanes.compile_ahead(_SMALL_SIZES)
    for size, few in product(_SMALL_SIZES, _FEW):
        maps = torch.randn(few, size, size, generator=generator).to(device)
        times = max(1, 2**19 // maps.numel())
        calls = {
            name: (partial(_repeated, points, maps, min(times, 200)), 1)
            for name, points in (("ours", rolloff_points), (SIX_LINES, own_size_points))
        }
        what = f"{few:,} of {size} x {size}"
        seconds = _in_turn(calls, rounds, device, what)
        yield _row(what, SIX_LINES, device, seconds["ours"], seconds[SIX_LINES])


def speed_of_profiles(
    architectures: Iterable[Mapping[str, Any]], device: torch.device, *, rounds: int = 5
) -> Iterator[dict[str, Any]]:
    """Time profiles of all layers of networks against their forward passes alone, over the same batch.

    Args:
        architectures: As :class:`srop.networks.architecture.Architecture`, in plain types.
        device: The device to measure on.
        rounds: As for :func:`speed_of_srops`.

    Yields:
        Rows as :func:`speed_of_srops`; channels last is how the pipeline runs networks.
    """
    for architecture in architectures:
        number = _FEWER_IMAGES.get((device.type, architecture["title"]), _IMAGES[device.type])
        size = architecture["input_size"]
        images = torch.rand(number, 3, size, size, generator=torch.Generator().manual_seed(0))
        for memory, channels_last in (("", False), (", channels last", True)):
            memory_format = torch.channels_last if channels_last else torch.contiguous_format
            network = build_network(architecture["source"], architecture["model"], architecture["arguments"])
            network = network.to(device, memory_format=memory_format)
            batch = images.to(device, memory_format=memory_format)
            layers = architecture["layers"]
            forward = torch.inference_mode()(partial(network.eval(), batch))
            with reduced_layers(network, layers.values(), lambda _layer, maps: maps.shape) as shapes:
                forward()
            maps = {shape: torch.randn(shape, device=device) for (shape,) in shapes.values()}
            calls = {
                "ours": (partial(profile, network, [batch], layers), number),
                _FORWARD: (forward, number),
                _FFT: (lambda maps=maps, shapes=shapes: [torch.fft.rfft2(maps[s]) for (s,) in shapes.values()], number),
            }
            what = f"{architecture['title']}{memory}"
            seconds = _in_turn(calls, rounds, device, what)
            floor = 1 + np.median(seconds[_FFT] / seconds[_FORWARD])
            note = f"{len(layers)} layers; with no more than the FFTs of their maps it would be {floor:.2f}"
            yield _row(what, _FORWARD, device, seconds["ours"], seconds[_FORWARD], note=note)


def speed_of_training(digits: Digits, *, epochs: int = 2, seeds: int = 3) -> Iterator[dict[str, Any]]:
    """Time trainings of the digit network, without a frog, against the loop of PyTorch's MNIST example.

    Args:
        digits: Training and test set, on the device to measure on.
        epochs: The epochs of each training, tests included.
        seeds: How many trainings are timed.

    Yields:
        Rows as :func:`speed_of_srops`, with the difference in accuracy as a note.
    """
    device = digits.frog.device
    task = digit_task(digits, case="none", w=0.0)
    options = {"optimizer": "adam", "lr": 0.001, "batch_size": 64, "epochs": epochs}

    def ours(precision: str, seed: int) -> float:
        torch.manual_seed(seed)
        trained = train(digit_cnn().to(device), task, seed=seed, precision=precision, **options)
        return trained.metrics["test_accuracy"].iloc[-1]

    trainings = {precision: partial(ours, precision) for precision in _PRECISIONS}
    trainings[_EXAMPLE] = partial(example_training, digits, epochs=epochs)
    if not _native_bfloat16(device):
        del trainings["bfloat16"]
    seconds, accuracies = ({name: np.full(seeds, np.nan) for name in (*_PRECISIONS, _EXAMPLE)} for _ in range(2))
    for seed in tqdm(range(seeds), desc="trainings", leave=False, disable=None):
        for name, training in trainings.items():
            start = _now(device)
            accuracies[name][seed] = training(seed=seed)
            seconds[name][seed] = _now(device) - start
    for precision in _PRECISIONS:
        difference = accuracies[precision] - accuracies[_EXAMPLE]
        half = stdtrit(seeds - 1, 0.975) * difference.std(ddof=1) / seeds**0.5
        note = (
            f"accuracy {accuracies[precision].mean():.3f}, the example's {accuracies[_EXAMPLE].mean():.3f}; "
            f"apart {difference.mean():+.3f} ± {half:.3f} (95 %, {seeds} seeds)"
        )
        if precision not in trainings:
            note = "not measured: this processor has no bfloat16 arithmetic"
        yield _row(f"training, {precision}", _EXAMPLE, device, seconds[precision], seconds[_EXAMPLE], note=note)


def machine(device: torch.device) -> str:
    """Describe in one line the processor or GPU of a device, and the versions of packages."""
    hardware = provenance.hardware()
    name, threads = (hardware["gpu"], "") if device.type == "cuda" else (hardware["processor"], ", one thread")
    versions = ", ".join(f"{package} {version(package)}" for package in ("torch", "numba", "numpy"))
    return f"{name}{threads}; Python {platform.python_version()}, {versions}"


def _row(
    what: str, against: str, device: torch.device, ours: np.ndarray, theirs: np.ndarray, *, note: str = ""
) -> dict[str, Any]:
    """Make a row from our seconds and those of a yardstick, one for each round."""
    over = against in _OVER
    low, ratio, high = np.quantile(ours / theirs if over else theirs / ours, [0.25, 0.5, 0.75])
    target = _TARGETS.get(device.type, {}).get(against, {}).get(what.removeprefix("training, "))
    reached = target is not None and (ratio <= target if over else ratio >= target)
    return {
        "what": what,
        "against": against,
        "measure": "time over" if over else "times faster than",
        "device": device.type,
        "ratio": ratio,
        "low": low,
        "high": high,
        "target": target,
        "verdict": "" if target is None or np.isnan(ratio) else "pass" if reached else "falls short",
        "note": note,
    }


def _in_turn(
    calls: Mapping[str, tuple[Callable[[], Any], int]], rounds: int, device: torch.device, description: str
) -> dict[str, np.ndarray]:
    """Time calls in turn, so that a slower machine slows all of them: seconds per item, one for each round."""
    for call, _ in calls.values():
        call()
    seconds = {name: np.empty(rounds) for name in calls}
    for number in tqdm(range(rounds), desc=description, leave=False, disable=None):
        for name, (call, items) in calls.items():
            start = _now(device)
            call()
            seconds[name][number] = (_now(device) - start) / items
    return seconds


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _repeated(function: Callable[[Tensor], Tensor], maps: Tensor, times: int) -> None:
    for _ in range(times):
        function(maps)


def _each(function: Callable[[np.ndarray, int], float], maps: np.ndarray) -> list[float]:
    return [function(values, REFERENCE) for values in maps]


def _number(size: int, device: torch.device) -> int:
    """Give the number of maps in a call."""
    return max(_COMPONENTS[device.type] // size**2, 4096 if device.type == "cuda" else 1)


def _as_channels_last(maps: Tensor) -> Tensor:
    """Lay out maps as channels of images, channels last."""
    images = maps.unflatten(0, (-1, min(_CHANNELS, len(maps)))) if len(maps) % _CHANNELS == 0 else maps[None]
    return images.contiguous(memory_format=torch.channels_last)


def _folded_power(maps: Tensor) -> Callable[[], Any]:
    """Give the call that computes the folded power alone, without the search for the roll-off ring."""
    folded = fold((Band.for_maps(maps.shape[-1], PUBLISHED, REFERENCE),))
    none = np.empty(0)
    bands = lanes.Bands(folded._replace(rings=folded.rings[:0]), none, none, none.astype(bool), none, none)
    return partial(lanes.rolloff, maps, bands, rounding=0.0)


def _native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    # Older versions of torch do not report capabilities.
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
