"""Two networks, or two sets of images, side by side: what differs, and is it more than images or seeds vary."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from torch import Tensor, nn

from srop.checks import layer_names, require_batches, require_hookable, require_seed
from srop.convention import PUBLISHED, Convention, name_of
from srop.correspondence import channels_correspond
from srop.differences import FEWEST_SEEDS, LEVEL, paired_difference, seed_test, unpaired_difference
from srop.layers import find_layers
from srop.map_points import LayerPoints, map_points
from srop.passes import held
from srop.reader import UnusedOptionError
from srop.resolution import is_coarse
from srop.sizes import MapSize, as_size

_Result = TypeVar("_Result")

Networks = nn.Module | Sequence[nn.Module]
"""A network, or several trainings of it."""


def compare(
    first: Networks,
    second: Networks | None,
    batches: Iterable[Tensor | Sequence[Tensor]],
    layers: Sequence[str] | Mapping[str, str | tuple[str, str]] | None = None,
    *,
    against: Iterable[Tensor | Sequence[Tensor]] | None = None,
    random: Iterable[nn.Module] = (),
    same_channels: bool | None = None,
    convention: Convention | str = PUBLISHED,
    reference: int | tuple[int, int] | None = None,
    layout: str | Mapping[str, str] | None = None,
    grid: Any = None,
    names: tuple[str, str] = ("first", "second"),
    seed: int = 0,
) -> pd.DataFrame:
    r"""Compare two networks over the same images, or one network over two sets of images, layer by layer.

    For image i and each side, :math:`x_i` is the mean SROP of the layer's live maps; where channels correspond, of
    those that are live on both sides. A layer's difference is the mean of :math:`x_i` of the second side minus that of
    the first. A layer is marked

    - *more than images vary* if a test whose chance of any mark in the whole comparison is 2 %, if nothing differs,
      finds the difference (random signs of the images' differences, or random assignments of two sets' images;
      simultaneous over layers);
    - *more than seeds vary* if a t test at the same level, Bonferroni over layers, finds it larger than networks differ
      by their seeds alone: the given trainings, or else ``random``. Random weights do not stand for trainings, whose
      spread may be another.

    With fewer than ten images, or three networks to tell the spread, there is no mark.

    Args:
        first: A network, or a list of networks that differ by the seed of their training alone.
        second: Another network or such a list; None if ``against`` is given.
        batches: Inputs ``(b, c, H, W)``, as for :func:`srop.profile`; they are read once and kept.
        layers: Names that both networks have, or a mapping from names of your own to a name, or to a pair of names, one
            of each network. None takes the layers that :func:`srop.find_layers` finds in both.
        against: A second set of images, to compare the first network over both. The sets may differ in number.
        random: Networks like the first with random weights, for the spread of seeds; at least three.
        same_channels: Whether channel c is the same in both networks, as in checkpoints of one training. None decides
            by the filters; then both must have as many channels, too. Always true with ``against``, and false for
            lists.
        convention: The definition of the SROP, or its name.
        reference: Size that the SROPs refer to; None means the inputs' own.
        layout: As for :func:`srop.profile`; it must count for a layer of either side.
        grid: As for :func:`srop.profile`; it must count for a layer of either side.
        names: Names of the two sides.
        seed: Seed of the tests and intervals.

    Returns:
        A row per layer, in the order of the first network:

        - ``layer``, ``depth``, ``size`` and ``second_size`` (of both sides' maps), ``coarse``, ``convention``,
          ``reference``
        - ``first_name``, ``second_name``, ``first_images``, ``second_images``, ``same_channels``
        - ``first``, ``second``: mean SROPs, in (0, 1], of the compared images and maps; NaN where no map is live on
          both sides; ``first_lower``, ``first_upper``, ``second_lower``, ``second_upper``: quartiles over images
        - ``difference``, and the ends ``lower``, ``upper`` of its interval of 95 % from a bootstrap over images, of
          this layer alone; NaN for fewer than two images
        - ``first_dead``, ``second_dead``: shares of dead maps among all maps; ``compared``: share of all maps (with
          ``against``, of channels) that are live on both sides, NaN where channels do not correspond
        - ``images_p``, ``images_mark``: p, simultaneous over layers, and the mark; missing under ten images, and where
          the maps of both sides have different sizes, whose SROPs differ whatever the networks do
        - ``seeds``, ``seeds_kind`` (``"trainings"``, ``"random weights"`` or ``""``), ``seeds_std``: number and spread
          of networks; ``seeds_p``, ``seeds_mark``: as above, missing without them; ``seeds_needed``: how many times
          the spread a difference must be for a mark

    Warns:
        UserWarning: If layers that were found in one network are not in the other, or if maps of different sizes are
            compared.

    Raises:
        TypeError: If what is given is neither a network nor a list of networks; or as for :func:`srop.profile`.
        ValueError: If both or neither of ``second`` and ``against`` are given, the networks share no layer, both
            ``random`` and trainings are given, or one network stands on both sides with the same layers; or as for
            :func:`srop.profile`.
        RuntimeError: If a network cannot take the inputs.

    Reference:
        The statistics are those of :func:`srop.differences.paired_difference`,
        :func:`srop.differences.unpaired_difference` and :func:`srop.differences.seed_test`; Yu et al. 2021, Sec. 6, for
        the question.

    Example:
        >>> import torch
        >>> first = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2))
        >>> second = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2))
        >>> table = compare(first, second, [torch.randn(12, 3, 16, 16)])
        >>> table["layer"].tolist(), table["images_mark"].notna().all()
        (['1', '2'], np.True_)
    """
    groups = [_networks("first", first), _networks("second", second) if second is not None else []]
    if (second is None) == (against is None):
        given = "both were given" if against is not None else "neither was given"
        raise ValueError(
            f"second and against: {given}; give a second network, or None and a second set of images, against="
        )
    seed = require_seed(seed)
    if not isinstance(random, Iterable) or isinstance(random, nn.Module):
        raise TypeError(f"random: a {type(random).__name__} was given; give a list of networks with random weights")
    require_batches(batches)
    require_batches(against, "against")
    batches = held(batches)
    model, other = groups[0][0], groups[-1][0] if groups[1] else groups[0][0]
    places = {"layout": layout, "grid": grid}
    image = _first_images(batches)
    sides = [model, other] if against is None else [model]
    pairs = layer_pairs(layers) if layers is not None else _found_in_both(sides, image, places)
    if against is None:
        _require_differences(groups, pairs)
    of_first, of_second = ({label: pair[side] for label, pair in pairs.items()} for side in (0, 1))
    # One image tells which side needs the layout and the grid.
    looks = [
        partial(map_points, each, [image], layers) for each, layers in zip(sides, (of_first, of_second), strict=False)
    ]
    used = [own for _, own in on_each_side(looks, places)]
    definition = {"convention": convention, "reference": reference}
    of_one, of_other = ({**definition, **each} for each in (used[0], used[-1]))
    measured = [
        [map_points(each, batches, of_first, task=names[0], **of_one) for each in groups[0]],
        [map_points(each, batches, of_second, task=names[1], **of_other) for each in groups[1]]
        or [map_points(model, against or [], of_first, task=names[1], **of_one)],
    ]
    if same_channels is None:
        same_channels = len(groups[0]) == len(groups[1]) == 1 and channels_correspond(model, other)
    yardstick = [map_points(each, batches, of_first, task="random weights", **of_one) for each in random]
    return compare_points(
        *measured,
        random=[yardstick] if yardstick else [],
        is_paired=against is None,
        same_channels=same_channels,
        convention=convention,
        names=names,
        seed=seed,
    )


Points = Mapping[str, LayerPoints]
"""What :func:`srop.map_points.map_points` gives for one network."""


def compare_points(
    first: Sequence[Points],
    second: Sequence[Points],
    *,
    random: Sequence[Sequence[Points]] = (),
    is_paired: bool = True,
    same_channels: bool = False,
    convention: Convention | str = PUBLISHED,
    names: tuple[str, str] = ("first", "second"),
    seed: int = 0,
) -> pd.DataFrame:
    """Compare two networks, or two sets of images, whose maps are measured: :func:`compare` without the passes.

    Args:
        first: What :func:`srop.map_points.map_points` gives, for each training.
        second: As ``first``.
        random: Groups of networks with random weights, each group of one architecture.
        is_paired: Whether both sides were measured on the same images.
        same_channels: As for :func:`compare`.
        convention: The convention of the SROPs.
        names: As for :func:`compare`.
        seed: As for :func:`compare`.

    Returns:
        As :func:`compare`.

    Raises:
        ValueError: If both random networks and several trainings are given, the sides have different images though they
            are paired, or SROPs of different sizes.
    """
    sizes = (len(first), len(second))
    if random and max(sizes) > 1:
        raise ValueError(
            "random: several trainings were given, too, and they tell the spread of seeds; leave random out"
        )
    if few := [len(group) for group in random if len(group) < FEWEST_SEEDS]:
        raise ValueError(f"random: {few[0]} networks tell no spread; give at least {FEWEST_SEEDS}")
    layers = [
        _Layer.of_sides(label, first, second, is_paired, same_channels) for label in first[0] if label in second[0]
    ]
    before, after = (np.stack([getattr(each, side) for each in layers], axis=1) for side in ("first", "second"))
    alike = np.array([layer.sizes[0] == layer.sizes[1] for layer in layers])
    test_of = paired_difference if is_paired else unpaired_difference
    test = test_of(before, after, seed=seed)
    # SROPs of maps of different sizes differ whatever the networks do; such layers take no part in a test.
    images_p = np.full(len(layers), np.nan)
    if alike.any():
        images_p[alike] = (test if alike.all() else test_of(before[:, alike], after[:, alike], seed=seed)).p
    labels = [layer.label for layer in layers]
    groups = [_means_by_network(group, labels) for group in (random or (first, second))]
    seeds = seed_test(np.where(alike, test.mean, np.nan), groups, sizes)
    kind = "random weights" if random else "trainings" if max(sizes) > 1 else ""
    rows = []
    for place, layer in enumerate(layers):
        own, other = first[0][layer.label], second[0][layer.label]
        kept = np.isfinite(layer.first) & np.isfinite(layer.second) if is_paired else slice(None)
        row: dict[str, Any] = {
            "layer": layer.label,
            "depth": place,
            "size": own.size,
            "second_size": other.size,
            "coarse": any(
                is_coarse(each.size, reference=as_size(each.reference), convention=convention) for each in (own, other)
            ),
            "convention": name_of(convention),
            "reference": own.reference,
            "first_name": names[0],
            "second_name": names[1],
            "first_images": len(own.srops),
            "second_images": len(other.srops),
            "same_channels": layer.same_channels,
        }
        for side, values in (("first", layer.first[kept]), ("second", layer.second[kept])):
            live = values[np.isfinite(values)]
            quartiles = np.quantile(live, [0.25, 0.75]) if len(live) else (np.nan, np.nan)
            row |= {side: live.mean() if len(live) else np.nan}
            row |= {f"{side}_lower": quartiles[0], f"{side}_upper": quartiles[1]}
        row |= {"difference": test.mean[place], "lower": test.lower[place], "upper": test.upper[place]}
        for side, group in (("first", first), ("second", second)):
            row[f"{side}_dead"] = np.mean([network[layer.label].dead_share for network in group])
        row |= {"compared": layer.compared, "images_p": images_p[place], "images_mark": _mark(images_p[place])}
        count = sum(len(group) for group in groups) if kind else 0
        row |= {"seeds": count, "seeds_kind": kind, "seeds_std": seeds.std[place]}
        row |= {"seeds_p": seeds.p[place], "seeds_mark": _mark(seeds.p[place]), "seeds_needed": seeds.needed}
        rows.append(row)
    if not alike.all():
        pairs = ", ".join(
            f"{each.label} ({each.sizes[0]} and {each.sizes[1]})" for each in layers if each.sizes[0] != each.sizes[1]
        )
        warnings.warn(
            f"maps of different sizes have no test, because their SROPs differ whatever the networks do: {pairs}; pair "
            "layers whose maps have one size",
            stacklevel=2,
        )
    return pd.DataFrame(rows).astype({"images_mark": "boolean", "seeds_mark": "boolean"})


def _mark(p: float) -> bool | None:
    return None if np.isnan(p) else bool(p <= LEVEL)


@dataclass(frozen=True)
class _Layer:
    """A layer's mean SROPs by image, of each side."""

    label: str
    sizes: tuple[int | str, int | str]
    first: np.ndarray
    second: np.ndarray
    compared: float
    same_channels: bool

    @classmethod
    def of_sides(
        cls, label: str, first: Sequence[Points], second: Sequence[Points], is_paired: bool, same_channels: bool
    ) -> "_Layer":
        own, other = first[0][label], second[0][label]
        if own.reference != other.reference:
            larger = MapSize(*map(max, as_size(own.reference), as_size(other.reference))).plain
            raise ValueError(
                f"layer {label!r}: SROPs of the first side refer to {own.reference} and of the second to "
                f"{other.reference}; give inputs of one size, or reference={larger}"
            )
        if is_paired and len(own.srops) != len(other.srops):
            raise ValueError(
                f"layer {label!r}: {len(own.srops)} images of the first side and {len(other.srops)} of the second; "
                "give the same images"
            )
        sizes = (own.size, other.size)
        alike = own.srops.shape[1] == other.srops.shape[1]
        if not is_paired:
            live = np.isfinite(own.srops).any(axis=0) & np.isfinite(other.srops).any(axis=0)
            return cls(label, sizes, *(_mean(each.srops, live) for each in (own, other)), float(live.mean()), True)
        if same_channels and alike and len(first) == len(second) == 1:
            live = np.isfinite(own.srops) & np.isfinite(other.srops)
            return cls(label, sizes, *(_mean(each.srops, live) for each in (own, other)), float(live.mean()), True)
        means = [np.stack([_mean(network[label].srops) for network in group], axis=1) for group in (first, second)]
        return cls(label, sizes, *map(_mean, means), np.nan, False)


def _mean(values: np.ndarray, counted: np.ndarray | bool = True) -> np.ndarray:
    """Average over columns the finite values that count; NaN where no value counts."""
    counted = np.isfinite(values) & counted
    number = counted.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(counted, values, 0.0).astype(float).sum(axis=1) / number


def _means_by_network(group: Sequence[Points], labels: Sequence[str]) -> np.ndarray:
    """Give the mean SROP of each network's layers, ``(networks, layers)``."""
    means = np.full((len(group), len(labels)), np.nan)
    for place, network in enumerate(group):
        for column, label in enumerate(labels):
            by_image = _mean(network[label].srops)
            if np.isfinite(by_image).any():
                means[place, column] = np.nanmean(by_image)
    return means


def _networks(name: str, value: Any) -> list[nn.Module]:
    networks = [value] if isinstance(value, nn.Module) or not isinstance(value, list | tuple) else list(value)
    if not networks:
        raise ValueError(f"{name}: an empty list was given; give a network, or a list of trainings")
    for each in networks:
        require_hookable(each)
    return networks


def _first_images(batches: Sequence[Any]) -> Tensor:
    if not batches:
        raise ValueError("batches holds no images to compare; give at least one batch")
    images = batches[0]
    return (images if isinstance(images, Tensor) else images[0])[:1]


def layer_pairs(layers: Any) -> dict[str, tuple[str, str]]:
    """Give the names of each layer in both networks, by the name that it has in the table.

    Raises:
        TypeError: If a name is neither a text nor a pair of texts; or as for :func:`srop.checks.layer_names`.
        ValueError: If there is no layer.

    Example:
        >>> layer_pairs({"stem": ("conv1", "features.0"), "pool": "pool"})
        {'stem': ('conv1', 'features.0'), 'pool': ('pool', 'pool')}
    """
    names = layer_names(layers)
    pairs = names if isinstance(names, dict) else {name: name for name in names}
    result = {}
    for label, pair in pairs.items():
        both = (pair, pair) if isinstance(pair, str) else tuple(pair) if isinstance(pair, list | tuple) else ()
        if len(both) != 2 or not all(isinstance(name, str) for name in both):
            raise TypeError(f"layers[{label!r}]={pair!r}: give a name, or a pair of names, one of each network")
        result[label] = both
    if not result:
        raise ValueError("layers names no layer; give at least one, or None to find them")
    return result


def shared_layers(first: Sequence[str], second: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Match the layers of two networks by their names: those in both, of the first alone, of the second alone.

    Raises:
        ValueError: If no name is in both; the message gives some of each.

    Example:
        >>> shared_layers(["conv", "pool"], ["conv", "relu"])
        (['conv'], ['pool'], ['relu'])
    """
    shared = [name for name in first if name in second]
    if not shared:
        some = [", ".join(names[:3]) + (", ..." if len(names) > 3 else "") for names in (first, second)]
        raise ValueError(
            f"the networks share no layer: the first has {some[0]}, the second {some[1]}; name pairs of layers, as in "
            f"layers={{'mine': ({first[0]!r}, {second[0]!r})}} (in the command: --layers {first[0]}={second[0]})"
        )
    return shared, [name for name in first if name not in shared], [name for name in second if name not in shared]


def _found_in_both(
    networks: Sequence[nn.Module], images: Tensor, places: Mapping[str, Any]
) -> dict[str, tuple[str, str]]:
    (names, _), *second = on_each_side([partial(find_layers, each, images) for each in networks], places)
    shared, *alone = shared_layers(names, second[0][0] if second else names)
    for which, left_out in zip(("first", "second"), alone, strict=True):
        if left_out:
            warnings.warn(
                f"only the {which} network has the layers {', '.join(left_out)}; they are left out", stacklevel=3
            )
    return {name: (name, name) for name in shared}


def on_each_side(
    measures: Sequence[Callable[..., _Result]], places: Mapping[str, Any]
) -> list[tuple[_Result, dict[str, Any]]]:
    """Measure each side with the layout and the grid that its layers need: tokens have a grid, convolutions have none.

    Args:
        measures: A function for each side, which takes ``layout`` and ``grid``.
        places: Layout and grid, as for :func:`compare`.

    Returns:
        For each side its result, and the layout and grid with which it was measured.

    Raises:
        UnusedOptionError: If no side needs the layout, or the grid.

    Example:
        >>> def measure(layout, grid):
        ...     return grid
        >>> on_each_side([measure], {"layout": None, "grid": 14})
        [(14, {'layout': None, 'grid': 14})]
    """
    results, unused = [], []
    for measure in measures:
        errors: dict[str, UnusedOptionError] = {}
        while True:
            own = {option: value for option, value in places.items() if option not in errors}
            own |= dict.fromkeys(errors)
            try:
                results.append((measure(**own), own))
                break
            except UnusedOptionError as error:
                if error.option in errors:
                    raise
                errors[error.option] = error
        unused.append(errors)
    for option in unused[0]:
        if all(option in errors for errors in unused):
            raise unused[0][option]
    return results


def _require_differences(groups: Sequence[Sequence[nn.Module]], pairs: Mapping[str, tuple[str, str]]) -> None:
    """Refuse a network that stands on both sides with the same layers: all differences would be 0."""
    if any(one is other for one in groups[0] for other in groups[1]) and all(
        len({*pair}) == 1 for pair in pairs.values()
    ):
        raise ValueError(
            "first and second are one network, which would be compared with itself; give another network, or a copy of "
            "it with other weights"
        )
