"""The request of ``srop compare``, checked before any measurement and before torch is imported."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from srop.command.request import (
    Photos,
    Request,
    check_free,
    check_weights,
    input_of,
    is_local,
    photos_of,
    require_images,
    stem_of,
)
from srop.differences import FEWEST_SEEDS
from srop.networks.named import NetworkSpec, network_spec


@dataclass(frozen=True)
class Side:
    """One network with one set of weights.

    Attributes:
        options: The command line's options, with this network and these weights.
        request: The network and its images.
    """

    options: argparse.Namespace
    request: Request


@dataclass(frozen=True)
class ComparisonRequest:
    """Networks or images side by side, as far as they are known before torch is imported.

    Attributes:
        first: The trainings of the first side, mostly one; for a curve the checkpoints in order.
        second: The trainings of the second side; empty for a curve, and for two sets of images.
        against: The second set of images; None for networks.
        stem: Path of the files to write, without their ending.
    """

    first: list[Side]
    second: list[Side]
    against: Photos | None
    stem: Path


def check_comparison(options: argparse.Namespace) -> ComparisonRequest:
    """Check the command line, as far as this is possible without torch.

    Args:
        options: The options of the command line.

    Raises:
        OSError: If a file or folder is missing, or a file to write exists already.
        ValueError: If the options do not give two sides, or one is wrong; the message names it.
    """
    if options.random is not None and options.random < FEWEST_SEEDS:
        raise ValueError(f"--random {options.random}: fewer than {FEWEST_SEEDS} networks tell no spread; give more")
    first, second = _sides(options)
    specs: dict[str, NetworkSpec | None] = {}
    for network, weights in first + second:
        check_weights(argparse.Namespace(**{**vars(options), "weights": weights, "random": False}))
        if network not in specs:
            specs[network] = network_spec(network) if is_local(network) else None
            if specs[network]:
                input_of(specs[network], options)
    # Pairs may be two layers of one network.
    if not any("=" in pattern for pattern in options.layers or []):
        _require_differences(first + second)
    require_images(options)
    stem = stem_of(options, _name(options.networks, specs))
    check_free(stem, options)
    photos = photos_of(options, options.images)
    against = photos_of(options, options.against) if options.against is not None else None
    sides = [
        [
            Side(
                argparse.Namespace(**{**vars(options), "network": network, "weights": weights}),
                Request(specs[network], stem, photos),
            )
            for network, weights in group
        ]
        for group in (first, second)
    ]
    return ComparisonRequest(*sides, against, stem)


def _require_differences(trainings: list[tuple[str, str | None]]) -> None:
    """Refuse a network that is given twice with the same weights, which would be compared with itself."""
    places = [(network, weights and _place(weights)) for network, weights in trainings]
    for number, place in enumerate(places):
        if place in places[:number]:
            network, weights = trainings[number]
            raise ValueError(
                f"{network} with {f'--weights {weights}' if weights else 'its own weights'} is given twice, and would "
                "be compared with itself; give other weights, or --random N for N networks with random weights"
            )


def _place(weights: str) -> str:
    file = Path(weights).expanduser()
    return str(file.resolve()) if file.exists() else weights


def _name(networks: list[str], specs: dict[str, NetworkSpec | None]) -> str:
    names = [specs[each].name if specs[each] else each.removeprefix("timm:") for each in networks]
    return "-and-".join(dict.fromkeys(names))


def _sides(options: argparse.Namespace) -> tuple[list[tuple[str, str | None]], list[tuple[str, str | None]]]:
    """Give network and weights of each training of both sides."""
    networks, weights, versus = options.networks, options.weights or [], options.versus or []
    if len(networks) > 2:
        raise ValueError(
            f"{len(networks)} networks were given ({', '.join(networks[:4])}); give one or two, then images"
        )
    first, last = networks[0], networks[-1]
    if options.against is not None:
        if len(networks) > 1 or len(weights) > 1 or versus:
            raise ValueError(
                "--against compares two sets of images for one network; give one network and one --weights"
            )
        return [(first, weights[0] if weights else None)], []
    if versus:
        if not weights:
            raise ValueError("--versus has the weights of the second side; give those of the first by --weights")
        return [(first, each) for each in weights], [(last, each) for each in versus]
    if len(networks) == 2:
        if len(weights) not in (0, 2):
            raise ValueError(
                f"--weights has {len(weights)} for two networks; give one for each, or several for the first and "
                "--versus for the second"
            )
        own = weights or [None, None]
        return [(first, own[0])], [(last, own[1])]
    if len(weights) < 2:
        raise ValueError(
            f"{first} is alone; give a second network, a second file to --weights, or a second folder by --against"
        )
    if len(weights) == 2:
        return [(first, weights[0])], [(first, weights[1])]
    return [(first, each) for each in weights], []
