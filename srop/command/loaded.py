"""The network that the command measures, on its device, and its images."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from srop.command.given import Given, Input, Photos, input_of
from srop.data.images import image_batches, read_image
from srop.networks.named import RANDOM, Loaded, Subject, load, subject_of
from srop.pipeline.device import select_device


@dataclass(frozen=True)
class Measured:
    """A network to measure.

    Attributes:
        subject: As it was named.
        loaded: With its weights.
        network: In float32, on the device.
        device: The device.
        taken: What it takes; None for a command without images.
    """

    subject: Subject
    loaded: Loaded
    network: nn.Module
    device: torch.device
    taken: Input | None

    @property
    def origin(self) -> str:
        """Whose weights these are, in a word of a table."""
        return f"{self.loaded.said}, sha256 {self.loaded.sha256[:12]}" if self.loaded.sha256 else self.loaded.said

    @property
    def title(self) -> str:
        """Of a picture: without the folder of a file, and as matplotlib shows it rather than as a formula."""
        said = f"of {Path(self.loaded.said.removeprefix('of ')).name}" if "/" in self.loaded.said else self.loaded.said
        return escaped(f"{self.subject.name}, weights: {said}")


def prepare(chosen: argparse.Namespace, given: Given) -> Measured:
    """Load the network, and say whose weights it has and what it takes.

    Raises:
        OSError: If its weights are missing.
        ValueError: If something does not fit; the message names it.
    """
    device = _device(chosen.device)
    subject = (given.subject or subject_of(chosen.network)).prepared_for(chosen.weights)
    taken = input_of(subject, chosen) if given.photos else None
    loaded = load(subject, chosen.weights, download=chosen.download, strip_prefix=chosen.strip_prefix, key=chosen.key)
    if taken and not chosen.channels:
        _check_channels(subject.name, loaded.network, taken)
    print(f"{subject.name}, weights: {loaded.said}{f', sha256 {loaded.sha256}' if loaded.sha256 else ''}")
    kinds = {str(each.dtype).removeprefix("torch.") for each in loaded.network.parameters() if each.is_floating_point()}
    if others := sorted(kinds - {"float32"}):
        print(f"its weights of {', '.join(others)} are brought to float32")
    if taken:
        print(*taken.lines(), *given.photos.lines(taken), sep="\n")
    return Measured(subject, loaded, loaded.network.float().to(device), device, taken)


def at_random(measured: Measured) -> nn.Module:
    """Build the same network with random weights."""
    return load(measured.subject, RANDOM).network.float().to(measured.device)


def _device(name: str) -> torch.device:
    try:
        device = select_device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"--device {name}: {str(error).splitlines()[0]}") from error
    return device


def _check_channels(name: str, network: nn.Module, taken: Input) -> None:
    """Compare with the network's first convolution."""
    first = next(
        ((where, each.in_channels) for where, each in network.named_modules() if isinstance(each, nn.Conv2d)), None
    )
    if first and first[1] in (1, 3) and first[1] != taken.channels:
        wanted = "one value" if first[1] == 1 else "three values"
        raise ValueError(
            f"{name} takes images of {first[1]} channel{'s' * (first[1] > 1)}, by its first convolution "
            f"({first[0] or name}), and --mean and --std are of {taken.channels}; give {wanted} each, or --channels "
            f"{taken.channels} if it takes these all the same"
        )


class Batches:
    """Batches of inputs, read as they are used: so many that a progress bar has an end."""

    def __init__(self, photos: Photos, taken: Input, batch: int, white: int | None, few: int | None = None) -> None:
        files = [each.file for each in photos.pictures[:few]]
        self._parts = [files[start : start + batch] for start in range(0, len(files), batch)]
        self._taken, self._batch, self._white = taken, batch, white

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Tensor]:
        for files in self._parts:
            yield from image_batches(
                pixels(files, self._taken, self._white), self._taken.mean, self._taken.std, self._batch
            )


def pixels(files: Sequence[Path], taken: Input, white: int | None) -> Tensor:
    """Read images, uint8 ``(m, channels, n, n)``."""
    options = {"resize": taken.resize, "interpolation": taken.interpolation, "squash": taken.squash}
    few = [read_image(file, taken.size, **options, channels=taken.channels, white=white) for file in files]
    return torch.stack(few)


def escaped(text: str) -> str:
    """Show a text in a picture as it is: between two dollars matplotlib reads a formula."""
    return text.replace("$", r"\$")
