"""``srop compare``."""

import argparse
import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from torch import Tensor
from tqdm import tqdm

import srop
from srop.command.comparison_request import ComparisonRequest, Side
from srop.command.network import Batches, MeasuredNetwork, at_random, layout_for, prepare
from srop.command.output import as_text, write
from srop.command.request import counted, record_of
from srop.comparison import compare_points, on_each_side, shared_layers
from srop.correspondence import channels_correspond
from srop.differences import FEWEST_IMAGES, LEVEL
from srop.frequency_plots import plot_steps
from srop.map_points import LayerPoints, map_points
from srop.reader import UnusedOptionError

_MEANING = (
    "Difference: second minus first, in the mean SROP of live maps, with an interval of 95 % over images. A layer "
    "marked 'images' differs by more than the images vary; the chance of any such mark, if nothing differs, is "
    f"{LEVEL:.0%} for the whole table. Dead: the shares of dead maps, which have no SROP."
)
_MATCHED = " Channels correspond, so each map is compared only where it is live on both sides: the share 'compared'."
_SETS = " Only channels that are live for both sets count: the share 'compared'."
_UNMATCHED = " Channels do not correspond (--same-channels yes says that they do): each side has its own live maps."
_SEEDS = " A layer marked 'seeds' differs by more than {count} {kind} differ from one another, at the same level."
_RANDOM = " Random weights do not stand for trainings."


def run(options: argparse.Namespace, request: ComparisonRequest) -> None:
    """Compare two networks or two sets of images, or draw a curve over checkpoints."""
    if not request.second and request.against is None:
        _curve(options, request)
        return
    measured = [prepare(request.first[0].options, request.first[0].request)]
    if request.second:
        measured.append(prepare(request.second[0].options, request.second[0].request, has_new_images=False))
    _require_one_size(measured)
    layers = _layers(options, request, measured)
    _print_few(request)
    places = _places(options, request, measured, layers)
    sides = [
        _points(options, group, measured[place], layers, places, place) for place, group in enumerate(_groups(request))
    ]
    if request.against is not None:
        print(*request.against.lines(measured[0].inputs), sep="\n")
        batches = Batches(request.against, measured[0].inputs, options.batch, options.white)
        sides.append([map_points(measured[0].network, batches, layers[0], **places[0], task="second")])
    names = _names(request, measured)
    random = _random(options, request, measured, layers, places)
    same = _same_channels(options, request, measured)
    table = compare_points(
        *sides, random=random, is_paired=request.against is None, same_channels=same, names=names, seed=0
    )
    print(as_text(_rows(table)))
    print(_meaning(table, is_paired=request.against is None))
    title = measured[0].spec.name if len({each.spec.name for each in measured}) == 1 else " and ".join(names)
    figure = srop.plot_comparison(table, title=title)
    further: dict[str, Any] = {
        "networks": [_record(each) for each in measured],
        "layers": {label: [layer[label] for layer in layers] for label in layers[0]},
        "convention": "published",
        "reference": measured[0].inputs.size.plain,
        "trainings": [[side.options.weights for side in group] for group in _groups(request)],
        "keys": [[side.options.key for side in group] for group in _groups(request)],
        "random": options.random,
        "level": LEVEL,
    }
    if request.against is not None:
        further["against"] = record_of(measured[0].inputs, request.against)
    side = request.first[0]
    write(side.options, side.request, measured[0], table, figure, further)


def _places(
    options: argparse.Namespace,
    request: ComparisonRequest,
    measured: Sequence[MeasuredNetwork],
    layers: Sequence[dict[str, str]],
) -> list[dict[str, Any]]:
    """Give the layout and the grid that the options state for each side, or else a YAML."""
    image = _first_image(options, request, measured[0])

    def look(each: MeasuredNetwork, names: dict[str, str], layout: str | None, grid: Any) -> dict[str, Any]:
        own = {"layout": layout_for(layout, each.spec, names), "grid": grid}
        map_points(each.network, [image], names, **own)
        return own

    looks = [partial(look, each, names) for each, names in zip(measured, layers, strict=True)]
    return [own for own, _ in on_each_side(looks, {"layout": options.layout, "grid": options.grid})]


def _groups(request: ComparisonRequest) -> list[list[Side]]:
    return [group for group in (request.first, request.second) if group]


def _print_few(request: ComparisonRequest) -> None:
    """Say before the measurement that there are too few images for marks."""
    fewest = min(len(photos.pictures) for photos in (request.first[0].request.photos, request.against) if photos)
    if fewest < FEWEST_IMAGES:
        interval = ", and a single image has no interval" if fewest == 1 else ""
        print(
            f"{counted(fewest, 'image')}: under {FEWEST_IMAGES} no layer is marked 'images'{interval}; give more images"
        )


def _require_one_size(measured: Sequence[MeasuredNetwork]) -> None:
    sizes = {each.inputs.size for each in measured}
    if len(sizes) > 1:
        which = " and ".join(f"{each.spec.name} takes {each.inputs.size.plain}" for each in measured)
        raise ValueError(f"{which}, and SROPs of several sizes do not compare; give one --size for both")


def _layers(
    options: argparse.Namespace, request: ComparisonRequest, measured: Sequence[MeasuredNetwork]
) -> list[dict[str, str]]:
    """Give for each network its modules by the names of the layers that all networks have, and print what is left."""
    patterns = options.layers or []
    if pairs := [each.partition("=")[::2] for each in patterns if "=" in each]:
        if len(pairs) < len(patterns):
            raise ValueError("--layers: some have '=' and some have not; give pairs alone, or patterns alone")
        return [{pair[0]: pair[side] for pair in pairs} for side in range(len(measured))]
    image = _first_image(options, request, measured[0])

    def find(each: MeasuredNetwork, layout: str | None, grid: Any) -> dict[str, str]:
        if each.spec.layers and not patterns:
            return dict(each.spec.layers)
        try:
            names = srop.find_layers(each.network, image, pattern=patterns or None, layout=layout, grid=grid)
        except UnusedOptionError:
            raise
        except ValueError as error:
            raise ValueError(f"{each.spec.name}: {error}") from error
        return {name: name for name in names}

    finders = [partial(find, each) for each in measured]
    by_network = [names for names, _ in on_each_side(finders, {"layout": options.layout, "grid": options.grid})]
    shared, *alone = shared_layers(list(by_network[0]), list(by_network[-1]))
    print(counted(len(shared), "layer") + (" that both networks have" if len(measured) > 1 else ""))
    for each, names in zip(measured, alone, strict=False):
        if names:
            print(f"  only {each.spec.name} has {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}")
    return [{label: layers[label] for label in shared} for layers in by_network]


def _first_image(options: argparse.Namespace, request: ComparisonRequest, measured: MeasuredNetwork) -> Tensor:
    (image,) = Batches(request.first[0].request.photos, measured.inputs, 1, options.white, few=1)
    return image


def _points(
    options: argparse.Namespace,
    group: Sequence[Side],
    measured: MeasuredNetwork,
    layers: Sequence[dict[str, str]],
    places: Sequence[dict[str, Any]],
    place: int,
) -> list[dict[str, LayerPoints]]:
    """Measure all trainings of a side, of which the first is loaded."""
    networks = [measured, *(prepare(side.options, side.request, has_new_images=False) for side in group[1:])]
    task = ("first", "second")[place]
    return [
        map_points(
            each.network,
            Batches(group[0].request.photos, each.inputs, options.batch, options.white),
            layers[place],
            **places[place],
            task=f"{task}, {number} of {len(networks)}" if len(networks) > 1 else task,
        )
        for number, each in enumerate(networks, 1)
    ]


def _random(
    options: argparse.Namespace,
    request: ComparisonRequest,
    measured: Sequence[MeasuredNetwork],
    layers: Sequence[dict[str, str]],
    places: Sequence[dict[str, Any]],
) -> list[list[dict[str, LayerPoints]]]:
    """Measure networks with random weights, of each architecture."""
    if not options.random:
        return []
    groups = {}
    for place, each in enumerate(measured):
        if each.spec.name not in groups:
            batches = Batches(request.first[0].request.photos, each.inputs, options.batch, options.white)
            # Seed 0 is that of --weights random.
            seeds = tqdm(range(1, options.random + 1), desc="random weights", leave=False, disable=None)
            groups[each.spec.name] = [
                map_points(at_random(each, seed), batches, layers[place], **places[place]) for seed in seeds
            ]
    return list(groups.values())


def _same_channels(
    options: argparse.Namespace, request: ComparisonRequest, measured: Sequence[MeasuredNetwork]
) -> bool:
    if options.same_channels is not None or len(measured) == 1:
        return options.same_channels != "no"
    return len(request.first) == len(request.second) == 1 and channels_correspond(*(each.network for each in measured))


def _names(request: ComparisonRequest, measured: Sequence[MeasuredNetwork]) -> tuple[str, str]:
    """Name both sides by what tells them apart: folders, networks, or their weights."""
    if request.against is not None:
        paths = [request.first[0].request.photos.path, request.against.path]
    elif measured[0].spec.name != measured[1].spec.name:
        return measured[0].spec.name, measured[1].spec.name
    else:
        groups = (request.first, request.second)
        paths = [Path(str(group[0].options.weights)) for group in groups]
        if max(map(len, groups)) > 1:
            return tuple(f"{len(group)} trainings, {path.name}, ..." for group, path in zip(groups, paths, strict=True))
        if paths[0] == paths[1]:
            return tuple(f"{path.name}, {group[0].options.key}" for group, path in zip(groups, paths, strict=True))
    names = [path.name for path in paths]
    return tuple(names if names[0] != names[1] else map(str, paths))


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    """Make the table to print."""
    printed = table[["layer", "size"]].copy()
    for side in ("first", "second"):
        printed[side] = table[side].round(4)
    printed["difference"] = table["difference"].map("{:+.4f}".format)
    printed["interval"] = [
        f"{low:+.4f} to {high:+.4f}" for low, high in zip(table["lower"], table["upper"], strict=True)
    ]
    printed["interval"] = printed["interval"].where(table["lower"].notna(), "")
    if table["seeds_std"].notna().any():
        printed["seeds' spread"] = table["seeds_std"].round(4)
    printed["dead"] = [
        f"{low:.0%}, {high:.0%}" for low, high in zip(table["first_dead"], table["second_dead"], strict=True)
    ]
    if table["compared"].notna().any():
        printed["compared"] = table["compared"].map("{:.0%}".format).where(table["compared"].notna(), "")
    marks = {name: table[f"{name}_mark"].fillna(False).astype(bool) for name in ("images", "seeds")}
    printed["more than"] = [", ".join(name for name, mark in marks.items() if mark[row]) for row in table.index]
    return printed


def _meaning(table: pd.DataFrame, *, is_paired: bool) -> str:
    row = table.iloc[0]
    text = f"First: {row['first_name']}. Second: {row['second_name']}. {_MEANING}"
    text += _SETS if not is_paired else _MATCHED if table["same_channels"].all() else _UNMATCHED
    if row["seeds_kind"] and table["seeds_mark"].notna().any():
        kind = "networks with random weights" if row["seeds_kind"] == "random weights" else row["seeds_kind"]
        text += _SEEDS.format(count=row["seeds"], kind=kind)
        text += f" For a mark a difference must be about {_needed(table):.2g} times the spread over seeds."
        text += _RANDOM if row["seeds_kind"] == "random weights" else ""
    return text


def _needed(table: pd.DataFrame) -> float:
    """Give how many times the spread over seeds a difference must be for a mark, if one network is on each side."""
    from scipy.stats import t

    freedom = max(1, int(table["seeds"].iloc[0]) - 1)
    return float(t.isf(LEVEL / 2 / len(table), freedom) * 2**0.5)


def _record(measured: MeasuredNetwork) -> dict[str, Any]:
    return {"network": measured.spec.name, "weights": measured.loaded.description, "sha256": measured.loaded.sha256}


def _curve(options: argparse.Namespace, request: ComparisonRequest) -> None:
    """Draw the SROPs of checkpoints over their numbers."""
    sides = sorted(request.first, key=lambda side: natural_order(side.options.weights))
    epochs = numbers_of([side.options.weights for side in sides])
    tables, layers, last = [], {}, None
    for place, side in enumerate(tqdm(sides, desc="checkpoints", leave=False, disable=None)):
        last = prepare(side.options, side.request, has_new_images=not place)
        layers = layers or _layers(options, request, [last])[0]
        places = {"layout": layout_for(options.layout, last.spec, layers), "grid": options.grid}
        batches = Batches(side.request.photos, last.inputs, options.batch, options.white)
        channels = srop.profile(last.network, batches, layers, **places, origin=last.origin)
        rows = srop.layer_statistics(channels)
        rows.insert(0, "epoch", epochs[place])
        rows.insert(1, "file", side.options.weights)
        tables.append(rows)
    table = pd.concat(tables, ignore_index=True)
    shown = table.pivot(index="layer", columns="epoch", values="median").loc[list(dict.fromkeys(table["layer"]))]
    print(as_text(shown.iloc[:, [0, -1]].round(4).reset_index().rename_axis(columns=None)))
    print(
        f"Medians of the channels at epochs {epochs[0]} and {epochs[-1]}; the table has all {len(epochs)} epochs. Give "
        "two of the files to --weights, and their difference is tested."
    )
    figure = plot_steps(table.rename(columns={"epoch": "step"}), title=last.spec.name, along="epoch")
    further = {"checkpoints": [_checkpoint(rows) for rows in tables], "layers": layers, "convention": "published"}
    further["reference"] = last.inputs.size.plain
    write(sides[0].options, sides[0].request, last, table, figure, further)


def _checkpoint(rows: pd.DataFrame) -> dict[str, Any]:
    return {"epoch": int(rows["epoch"].iloc[0]), "file": rows["file"].iloc[0], "origin": rows["origin"].iloc[0]}


def natural_order(name: str) -> list[tuple[bool, int, str]]:
    """Give a key that sorts names by the numbers in them.

    Example:
        >>> sorted(["epoch10.pt", "epoch9.pt"], key=natural_order)
        ['epoch9.pt', 'epoch10.pt']
    """
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)]


def numbers_of(files: Sequence[str]) -> list[int]:
    """Give the numbers of checkpoints: the last number in each file's name, or 1, 2, ... if these do not ascend.

    Example:
        >>> numbers_of(["epoch9.pt", "epoch10.pt"]), numbers_of(["start.pt", "end.pt"])
        ([9, 10], [1, 2])
    """
    in_names = [re.findall(r"\d+", Path(file).stem) for file in files]
    numbers = [int(each[-1]) if each else -1 for each in in_names]
    ascending = all(low < high for low, high in pairwise(numbers))
    return numbers if ascending and numbers[0] >= 0 else list(range(1, len(files) + 1))
