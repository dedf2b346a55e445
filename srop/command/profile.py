"""``srop profile``."""

import argparse
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from shutil import get_terminal_size
from textwrap import wrap

import numpy as np
import pandas as pd
from torch import nn
from torch.nn.modules.conv import _ConvNd

import srop
from srop.command.network import Batches, at_random, layout_for, prepare
from srop.command.output import as_text, write
from srop.command.request import Request, counted
from srop.layers import chosen_layers
from srop.networks.named import RANDOM
from srop.sizes import MapSize
from srop.tokens import as_grid, stated_by
from srop.white_noise import white_noise_srop

_MEANING = (
    "An SROP is low where a map is smooth. It is high where a map changes from pixel to pixel: a fine map, such as "
    "noise, or a sparse map, such as one bright pixel. Dead maps, which have a single value, have no SROP and are left "
    "out; a layer with many dead maps is measured by few maps."
)

_RANDOM = " Random is the same network with random weights (seed 0), its batch norms as initialized."


def run(options: argparse.Namespace, request: Request) -> None:
    """Profile a network, or explain which of its modules can be profiled."""
    measured = prepare(options, request)
    inputs, spec = measured.inputs, measured.spec
    (first,) = Batches(request.photos, inputs, 1, options.white, few=1)
    # A YAML states layouts by its own names of layers.
    finding = {"pattern": options.layers, "layout": options.layout, "grid": options.grid}
    table = srop.explain_layers(measured.network, first, **finding)
    if table.empty:
        raise ValueError("the network is a single module, with no parts to choose from; put it into an nn.Sequential")
    if options.explain:
        shown = table if table["tokens"].any() else table.drop(columns="tokens")
        print(*_explanation(shown.assign(chosen=table["chosen"].map({True: "yes", False: ""}))), sep="\n")
        return
    if spec.layers and not options.layers:
        layers, left_out = spec.layers, {}
        print(f"{len(layers)} layers, as {spec.name}.yaml names them")
    else:
        layers, left_out = _layers_to_profile(table, measured.network, options)
    tokens = table[table["tokens"].ne("")].set_index("module")["tokens"]
    tokens = tokens[tokens.index.isin(layers.values() if isinstance(layers, dict) else layers)]
    for line in _token_lines(tokens, stated_by(measured.network, *inputs.size).names):
        print(line)
    by_name = layers if isinstance(layers, dict) else {name: name for name in layers}
    ways = {"layout": layout_for(options.layout, spec, by_name), "grid": options.grid}
    batches = Batches(request.photos, inputs, options.batch, options.white)
    tables = {"": srop.profile(measured.network, batches, layers, **ways, origin=measured.origin)}
    if options.random:
        network = at_random(measured)
        tables[RANDOM] = srop.profile(network, batches, layers, **ways, origin="random, seed 0")
    if copies := copies_of(tables[""]):
        more = ", ..." if len(copies) > 3 else ""
        print(
            f"the same in every channel as the layer before: {', '.join(copies[:3])}{more} (a module that holds that "
            "layer, or a block that adds nothing to it, as many do before a training)"
        )
    print(as_text(_rows(tables, inputs.size)))
    print(_MEANING + (_RANDOM if options.random else ""))
    figure = srop.plot_profile(
        tables[""],
        others={"random weights": tables[RANDOM]} if RANDOM in tables else {},
        title=measured.title,
    )
    further = {
        "layers": by_name,
        "left_out": left_out,
        "tokens": tokens.to_dict(),
        "convention": "published",
        "reference": inputs.size.plain,
        "origins": [table["origin"].iloc[0] for table in tables.values()],
    }
    write(options, request, measured, pd.concat(tables.values()), figure, further)


def _explanation(table: pd.DataFrame) -> Iterator[str]:
    """Give a line for each module; a reason that a terminal is too narrow for goes on below itself."""
    # Without a terminal, a line stays one line, as search tools want it.
    width = get_terminal_size(fallback=(10**6, 0)).columns
    lines = as_text(table.drop(columns="reason")).splitlines()
    indent = len(lines[0]) + 2
    for line, reason in zip(lines, ["reason", *table["reason"]], strict=True):
        parts = wrap(reason, max(width - indent, _NARROWEST)) or [""]
        yield f"{line}  {parts[0]}".rstrip()
        yield from (" " * indent + part for part in parts[1:])


_NARROWEST = 30
"""Least width of the column of reasons, in characters."""


def _layers_to_profile(
    table: pd.DataFrame, network: nn.Module, options: argparse.Namespace
) -> tuple[list[str], dict[str, int]]:
    """Give the layers to profile and the numbers of modules left out by reason, and print both."""
    layers = chosen_layers(table, pattern=options.layers, grid=options.grid)
    left_out = table[~table["chosen"]]
    groups = left_out.groupby(left_out["reason"].map(kind_of), sort=False)["module"].agg(list)
    groups = groups.loc[groups.map(len).sort_values(ascending=False, kind="stable").index]
    lines = [
        f"  {len(modules)}: {kind} ({', '.join(modules[:3])}{', ...' if len(modules) > 3 else ''})"
        for kind, modules in groups.items()
    ]
    print(
        f"{counted(len(layers), 'layer')}; {counted(len(left_out), 'module')} left out (--explain lists "
        f"{'it' if len(left_out) == 1 else 'them'})",
        *lines,
        sep="\n",
    )
    convolutions = {name for name, module in network.named_modules() if isinstance(module, _ConvNd)}
    bare = [name for name in layers if name in convolutions]
    if bare:
        print(
            f"measured as the convolution gives it: {', '.join(bare[:3])}{', ...' if len(bare) > 3 else ''}; no "
            "norm or activation follows that can be measured as a module (functions in forward(), such as F.relu, are "
            "not seen)"
        )
    return layers, {kind: len(modules) for kind, modules in groups.items()}


def _token_lines(tokens: pd.Series, names: Sequence[str]) -> Iterator[str]:
    """Say on which grids tokens lie, and which tokens are left out."""
    for text, layers in tokens.groupby(tokens, sort=False):
        grid = as_grid(text)
        line = f"tokens on a grid of {grid.rows} x {grid.columns} in {counted(len(layers), 'layer')}"
        if grid.before:
            which = f" ({', '.join(names)})" if names else ""
            line += f"; left out in each: {counted(grid.before, 'token')} before the grid{which}"
        yield line


def copies_of(table: pd.DataFrame) -> list[str]:
    """Name the layers whose channel statistics are exactly those of the layer before."""
    columns = ["mean", "median", "std", "dead_share"]
    # Where few SROPs are possible, layers have the same statistics by chance.
    rows_of = table[~table["coarse"]].groupby("layer", sort=False)
    layers = [(name, rows[columns].to_numpy()) for name, rows in rows_of]
    return [
        name
        for (_, before), (name, own) in pairwise(layers)
        if own.shape == before.shape and np.array_equal(own, before, equal_nan=True) and not np.isnan(own[:, 0]).all()
    ]


def kind_of(reason: str) -> str:
    """Give a reason without the names and shapes of a single module.

    Example:
        >>> kind_of("gives 1 x 512 x 1 x 1: single values, which have no spectrum; name a layer before the pooling")
        'gives single values, which have no spectrum'
        >>> kind_of("lies in layer1.0, which is taken")
        'lies in a layer that is taken'
    """
    if "nothing says which" in reason:
        return "nothing says which dimension has the channels (--layout does)"
    if "fit no stated grid" in reason or "fit several stated grids" in reason:
        return "gives tokens or features, and no grid is known (--grid states one)"
    if grid := re.search(r"do not fill the grid [^;]*", reason):
        return f"gives tokens or features that {grid.group()}"
    reason = re.sub(r"^lies in .*, which is taken$", "lies in a layer that is taken", reason)
    reason = re.sub(r"^gives \d+(?: x \d+)*[,:] ", "gives ", reason)
    reason = re.sub(r"\b\d+ (times|maps|images)\b", r"several \1", reason)
    return re.split(r"[:;]", reason, maxsplit=1)[0]


def _rows(tables: dict[str, pd.DataFrame], size: MapSize) -> pd.DataFrame:
    """Make the table to print: a row per layer, with columns for the random network and white noise of its size."""
    statistics = {name: srop.layer_statistics(table) for name, table in tables.items()}
    rows = statistics[""]
    printed = rows[["layer", "size", "channels", "median", "lower_quartile", "upper_quartile"]].round(4)
    if RANDOM in statistics:
        printed["random"] = rows["layer"].map(statistics[RANDOM].set_index("layer")["median"]).round(4)
    fine = rows.loc[~rows["coarse"], "size"].unique()
    noise = {each: round(white_noise_srop(each, reference=size), 4) for each in fine}
    printed["white noise"] = rows["size"].map(noise)
    printed["dead"] = rows["dead_share"].map("{:.0%}".format)
    return printed.rename(columns={"lower_quartile": "quarter below", "upper_quartile": "quarter above"})
