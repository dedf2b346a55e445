"""``srop aliasing``: the power beyond the new Nyquist frequency where a network subsamples."""

import argparse
from fnmatch import fnmatchcase

import pandas as pd

import srop
from srop.command.network import Batches, MeasuredNetwork, prepare
from srop.command.output import as_text, write
from srop.command.request import Request, check_weights, is_local
from srop.networks.named import network_spec

_MEANING = (
    "A share is that of the power beyond the new Nyquist frequency, in the map that is subsampled, without its mean: "
    "quarters and median over images and channels. White noise has the share in the column of that name. Dead maps "
    "have one value, and are left out."
)


def run(options: argparse.Namespace, request: Request) -> None:
    """Measure the aliasing of one network, or of two over the same images."""
    if options.second_weights and not options.second:
        raise ValueError("--second-weights is of a second network; give --second NETWORK")
    measured = [prepare(options, request)]
    if options.second:
        measured.append(_second(options, request))
        one, other = ((each.spec.name, each.loaded.description, each.loaded.sha256) for each in measured)
        if one == other:
            raise ValueError(
                f"--second {options.second} has the same weights, and the network would be shown next to itself; give "
                "another network, or other weights, --second-weights"
            )
    tables = {}
    for each in measured:
        batches = Batches(request.photos, measured[0].inputs, options.batch, options.white)
        table = srop.aliasing(each.network, batches, dc=options.dc)
        table.insert(0, "origin", each.origin)
        table.insert(0, "network", each.spec.name)
        title = f"{options.second}, weights: {each.loaded.description}" if each.title in tables else each.title
        tables[title] = _chosen(table, options.layers, each.spec.name)
    for name, table in tables.items():
        if len(tables) > 1:
            print(f"{name}:")
        print(as_text(_rows(table)))
    print(_MEANING)
    one = len(tables) == 1
    figure = srop.plot_aliasing(next(iter(tables.values())) if one else tables, title=measured[0].title if one else "")
    further = {"dc": options.dc}
    if options.second:
        second = measured[1]
        further["second"] = {
            "network": options.second,
            "weights": second.loaded.description,
            "sha256": second.loaded.sha256,
        }
    write(options, request, measured[0], pd.concat(tables.values()), figure, further)


def _second(options: argparse.Namespace, request: Request) -> MeasuredNetwork:
    """Load the second network, which gets the inputs of the first."""
    own = {"network": options.second, "weights": options.second_weights, "key": None, "strip_prefix": ""}
    options = argparse.Namespace(**{**vars(options), **own})
    check_weights(options)
    spec = network_spec(options.network) if is_local(options.network) else None
    # Without images of its own, because its inputs are those of the first.
    return prepare(options, Request(spec, request.stem))


def _chosen(table: pd.DataFrame, patterns: list[str] | None, name: str) -> pd.DataFrame:
    """Keep the layers that match a pattern."""
    if not patterns:
        return table
    chosen = table["layer"].map(lambda layer: any(fnmatchcase(layer.partition("#")[0], each) for each in patterns))
    if not chosen.any():
        raise ValueError(
            f"--layers {' '.join(patterns)}: no layer of {name} that subsamples has such a name; there are "
            f"{', '.join(table['layer'])}"
        )
    return table[chosen].assign(depth=range(int(chosen.sum())))


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    shown = table[["layer", "kind", "stride", "before", "after", "channels"]].copy()
    for name, column in (
        ("median", "median"),
        ("quarter below", "lower_quartile"),
        ("quarter above", "upper_quartile"),
        ("white noise", "white"),
    ):
        shown[name] = table[column].round(4)
    shown["dead"] = table["dead_share"].map("{:.0%}".format)
    return shown
