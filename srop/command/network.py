"""The network that the command measures, on its device, and its images."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srop.command.request import InputFormat, Photos, Request, input_of
from srop.data.images import Picture, image_batches, read_image
from srop.networks.build import build_network
from srop.networks.named import LoadedNetwork, NetworkSpec, load, network_spec
from srop.pipeline.device import select_device


@dataclass(frozen=True)
class MeasuredNetwork:
    """A network to measure.

    Attributes:
        spec: The network as it was named.
        loaded: The network with its weights.
        network: The network in float32, on the device.
        device: The device.
        inputs: The format of its inputs; None for a command without images.
    """

    spec: NetworkSpec
    loaded: LoadedNetwork
    network: nn.Module
    device: torch.device
    inputs: InputFormat | None

    @property
    def origin(self) -> str:
        """A name for the weights, for a column of a table."""
        digest = f", sha256 {self.loaded.sha256[:12]}" if self.loaded.sha256 else ""
        return f"{self.loaded.description}{digest}"

    @property
    def title(self) -> str:
        """The title of a picture, in which a file of weights stands without its folder."""
        weights = self.loaded.description
        if "/" in weights:
            weights = f"of {Path(weights.removeprefix('of ')).name}"
        return f"{self.spec.name}, weights: {weights}"


def prepare(options: argparse.Namespace, request: Request, *, has_new_images: bool = True) -> MeasuredNetwork:
    """Load the network, and print its weights and the format of its inputs.

    Args:
        options: The options of the command line.
        request: The network and its images.
        has_new_images: Whether to print what was read, too; not for a second network over the same images.

    Raises:
        OSError: If its weights are missing.
        ValueError: If an option does not fit the network; the message names it.
    """
    device = _device(options.device)
    spec = (request.spec or network_spec(options.network)).prepared_for(options.weights)
    inputs = input_of(spec, options) if request.photos else None
    loaded = load(spec, options.weights, download=options.download, strip_prefix=options.strip_prefix, key=options.key)
    if inputs and not options.channels:
        _check_channels(spec.name, loaded.network, inputs)
    print(f"{spec.name}, weights: {loaded.description}{f', sha256 {loaded.sha256}' if loaded.sha256 else ''}")
    kinds = {str(each.dtype).removeprefix("torch.") for each in loaded.network.parameters() if each.is_floating_point()}
    if others := sorted(kinds - {"float32"}):
        print(f"its weights of {', '.join(others)} are converted to float32")
    if inputs:
        print(*inputs.lines(), *(request.photos.lines(inputs) if has_new_images else ()), sep="\n")
    return MeasuredNetwork(spec, loaded, loaded.network.float().to(device), device, inputs)


def layout_for(layout: str | None, spec: NetworkSpec, layers: Mapping[str, str]) -> Any:
    """Give the layout for layers: the option's, or that of a YAML, whose names of layers may be others.

    Args:
        layout: The option --layout.
        spec: The network.
        layers: Modules by name.
    """
    if layout or not isinstance(spec.layout, Mapping):
        return layout or spec.layout
    by_module = {spec.layers[name]: layout for name, layout in spec.layout.items()}
    return {name: by_module[module] for name, module in layers.items() if module in by_module} or None


def at_random(measured: MeasuredNetwork, seed: int = 0) -> nn.Module:
    """Build the same network with random weights."""
    spec = measured.spec
    return build_network(spec.source, spec.model, spec.arguments, seed=seed).float().to(measured.device)


def _device(name: str) -> torch.device:
    try:
        device = select_device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"--device {name}: {str(error).splitlines()[0]}") from error
    return device


def _check_channels(name: str, network: nn.Module, inputs: InputFormat) -> None:
    """Compare the channels of the inputs with the network's first convolution."""
    first = next(
        ((where, each.in_channels) for where, each in network.named_modules() if isinstance(each, nn.Conv2d)), None
    )
    if first and first[1] in (1, 3) and first[1] != inputs.channels:
        wanted = "one value" if first[1] == 1 else "three values"
        raise ValueError(
            f"{name} takes images of {first[1]} channel{'s' * (first[1] > 1)}, by its first convolution "
            f"({first[0] or name}), and --mean and --std are of {inputs.channels}; give {wanted} each, or --channels "
            f"{inputs.channels} if the network takes such images after all"
        )


class Batches:
    """Batches of inputs, each read when it is needed; their number is known, for a progress bar."""

    def __init__(
        self, photos: Photos, inputs: InputFormat, batch: int, white: int | None, few: int | None = None
    ) -> None:
        pictures = photos.pictures[:few]
        self._parts = [pictures[start : start + batch] for start in range(0, len(pictures), batch)]
        self._inputs, self._batch, self._white = inputs, batch, white

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Tensor]:
        for pictures in self._parts:
            yield from image_batches(
                pixels(pictures, self._inputs, self._white),
                self._inputs.mean,
                self._inputs.std,
                self._batch,
            )


def pixels(pictures: Sequence[Picture], inputs: InputFormat, white: int | None) -> Tensor:
    """Read images, uint8 ``(m, channels, H, W)``."""
    keywords = {
        "interpolation": inputs.interpolation,
        "squash": inputs.squash,
        "channels": inputs.channels,
        "white": white,
    }
    return torch.stack(
        [read_image(each.file, inputs.size, resize=inputs.shorter_side(each), **keywords) for each in pictures]
    )
