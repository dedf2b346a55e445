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
    is_file,
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
    sides = [
        [_training(options, network, weights, place) for network, weights in side]
        for place, side in enumerate(_sides(options))
    ]
    trainings = [training for side in sides for training in side]
    for option in _OF_FILES:
        if getattr(options, option) and not any(is_file(each.weights) for each in trainings):
            raise ValueError(f"--{option.replace('_', '-')} needs a file of weights; give --weights FILE")
    specs: dict[str, NetworkSpec | None] = {}
    for training in trainings:
        check_weights(training)
        if training.network not in specs:
            specs[training.network] = network_spec(training.network) if is_local(training.network) else None
            if specs[training.network]:
                input_of(specs[training.network], options)
    # Pairs may be two layers of one network.
    if not any("=" in pattern for pattern in options.layers or []):
        _require_differences(trainings)
    require_images(options)
    stem = stem_of(options, _name(options.networks, specs))
    check_free(stem, options)
    photos = photos_of(options, options.images)
    against = photos_of(options, options.against) if options.against is not None else None
    requests = [[Side(each, Request(specs[each.network], stem, photos)) for each in side] for side in sides]
    return ComparisonRequest(*requests, against, stem)


_OF_FILES = {"key": None, "strip_prefix": ""}
"""Options about files of weights, each given once for all or for each side, with their defaults."""


def _training(options: argparse.Namespace, network: str, weights: str | None, place: int) -> argparse.Namespace:
    """Give the options of one network with one set of weights, on the side of the given place."""
    own = {option: _on_side(options, option, place) if is_file(weights) else none for option, none in _OF_FILES.items()}
    return argparse.Namespace(**{**vars(options), **own, "network": network, "weights": weights})


def _on_side(options: argparse.Namespace, option: str, place: int) -> str | None:
    """Give an option that is given once for all files, or for each side."""
    values = getattr(options, option)
    if not values:
        return _OF_FILES[option]
    sides = 2 if len(options.networks) == 2 or options.versus or len(options.weights or []) == 2 else 1
    if len(values) not in (1, sides):
        wanted = "one for all files, or one for each side" if sides == 2 else "one for all files"
        raise ValueError(f"--{option.replace('_', '-')} has {len(values)} values; give {wanted}")
    return (values[place] if len(values) > 1 else values[0]) or _OF_FILES[option]


def _require_differences(trainings: list[argparse.Namespace]) -> None:
    """Refuse a network that is given twice with the same weights, which would be compared with itself."""
    places = [(each.network, each.weights and _place(each.weights), each.key) for each in trainings]
    for number, place in enumerate(places):
        if place in places[:number]:
            network, weights = trainings[number].network, trainings[number].weights
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
    if len(weights) == 1 and len(options.key or []) == 2:
        raise ValueError(
            f"{first} has one file for the two keys {' and '.join(options.key)}; give it twice, --weights {weights[0]} "
            f"{weights[0]}"
        )
    if len(weights) < 2:
        raise ValueError(
            f"{first} is alone; give a second network, a second file to --weights, or a second folder by --against"
        )
    if len(weights) == 2:
        return [(first, weights[0])], [(first, weights[1])]
    return [(first, each) for each in weights], []
