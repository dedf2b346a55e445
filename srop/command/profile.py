"""``srop profile``."""

import argparse
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

import pandas as pd
from torch import Tensor, nn

import srop
from srop.command.network import Batches, at_random, prepare
from srop.command.output import as_text, write
from srop.command.request import Request
from srop.networks.named import RANDOM
from srop.sizes import MapSize
from srop.tokens import Grid, as_grid, stated_by
from srop.white_noise import white_noise_srop

_MEANING = (
    "An SROP is low where a map is smooth. It is high where a map changes from pixel to pixel: a fine map, such as "
    "noise, or a sparse map, such as one bright pixel. Dead maps, which have a single value, have no SROP and are left "
    "out; a layer with many dead maps is measured by few maps."
)

_NEAREST = 10

_RANDOM = " Random is the same network with random weights (seed 0), its batch norms as initialized."


def run(options: argparse.Namespace, request: Request) -> None:
    """Profile a network, or explain which of its modules can be profiled."""
    measured = prepare(options, request)
    inputs, spec = measured.inputs, measured.spec
    (first,) = Batches(request.photos, inputs, 1, options.white, few=1)
    table = explained(measured.network, first, options.layers, options.grid)
    if options.explain:
        shown = table if table["tokens"].any() else table.drop(columns="tokens")
        print(as_text(shown.assign(chosen=table["chosen"].map({True: "yes", False: ""}))))
        return
    if spec.layers and not options.layers:
        layers, left_out = spec.layers, {}
        print(f"{len(layers)} layers, as {spec.name}.yaml names them")
    else:
        layers, left_out = _layers_to_profile(table)
    tokens = table[table["tokens"].ne("")].set_index("module")["tokens"]
    tokens = tokens[tokens.index.isin(layers.values() if isinstance(layers, dict) else layers)]
    for line in _token_lines(tokens, stated_by(measured.network, *inputs.size).names):
        print(line)
    ways = {"layout": options.layout or spec.layout, "grid": options.grid}
    batches = Batches(request.photos, inputs, options.batch, options.white)
    tables = {"": srop.profile(measured.network, batches, layers, **ways, origin=measured.origin)}
    if options.random:
        network = at_random(measured)
        tables[RANDOM] = srop.profile(network, batches, layers, **ways, origin="random, seed 0")
    print(as_text(_rows(tables, inputs.size)))
    print(_MEANING + (_RANDOM if options.random else ""))
    figure = srop.plot_profile(
        tables[""],
        beside={"random weights": tables[RANDOM]} if RANDOM in tables else {},
        title=measured.title,
    )
    further = {
        "layers": layers if isinstance(layers, dict) else {name: name for name in layers},
        "left_out": left_out,
        "tokens": tokens.to_dict(),
        "convention": "published",
        "reference": inputs.size.plain,
        "origins": [table["origin"].iloc[0] for table in tables.values()],
    }
    write(options, request, measured, pd.concat(tables.values()), figure, further)


def explained(
    network: nn.Module, images: Tensor, patterns: Sequence[str] | None, grid: Grid | None = None
) -> pd.DataFrame:
    """Explain which modules can be profiled; with patterns, modules that fit any of them are chosen.

    Raises:
        ValueError: If no module fits a pattern; the message gives the nearest names.
    """
    if not patterns:
        return srop.explain_layers(network, images, grid=grid)
    names = [name for name, _ in network.named_modules() if name]
    names += srop.explain_layers(network, images, grid=grid)["module"].tolist()
    for pattern in patterns:
        require_fit(pattern, list(dict.fromkeys(names)))
    tables = [srop.explain_layers(network, images, pattern=pattern, grid=grid) for pattern in patterns]
    table = tables[0]
    for other in tables[1:]:
        table["reason"] = table["reason"].where(~other["chosen"], "")
        table["chosen"] |= other["chosen"]
    if len(patterns) > 1:
        table["reason"] = table["reason"].str.replace(r"^does not fit .*", "fits none of the patterns", regex=True)
    return table


def require_fit(pattern: str, names: Sequence[str]) -> None:
    """Require that a pattern fits a name.

    Raises:
        ValueError: If it fits none; the message gives the ten nearest names.
    """
    if pattern not in names and not any(fnmatchcase(name, pattern) for name in names):
        near = get_close_matches(pattern.strip("*?"), names, n=_NEAREST, cutoff=0.3) or list(names)[:_NEAREST]
        known = (
            f"there are {', '.join(names)}"
            if len(names) <= _NEAREST
            else (f"the nearest of {len(names)} are {', '.join(near)}")
        )
        raise ValueError(f"--layers: no module fits {pattern!r}; {known}")


def _layers_to_profile(table: pd.DataFrame) -> tuple[list[str], dict[str, int]]:
    """Give the layers to profile and the numbers of modules left out by reason, and print both."""
    if table.empty:
        raise ValueError("the network is a single module, with no parts to choose from; put it into an nn.Sequential")
    left_out = table[~table["chosen"]]
    groups = left_out.groupby(left_out["reason"].map(kind_of), sort=False)["module"].agg(list)
    groups = groups.loc[groups.map(len).sort_values(ascending=False, kind="stable").index]
    layers = table.loc[table["chosen"], "module"].tolist()
    lines = [
        f"  {len(modules)}: {kind} ({', '.join(modules[:3])}{', ...' if len(modules) > 3 else ''})"
        for kind, modules in groups.items()
    ]
    if not layers:
        raise ValueError("\n".join(["no module gives maps that can be profiled, for these reasons:", *lines]))
    print(f"{len(layers)} layers; {len(left_out)} modules are left out (--explain lists them)", *lines, sep="\n")
    bare = table.loc[table["chosen"] & table["kind"].str.fullmatch(r"(Lazy)?Conv\w*"), "module"].tolist()
    if bare:
        print(
            f"no norm or activation follows {', '.join(bare[:3])}{', ...' if len(bare) > 3 else ''}: measured as the "
            "convolution gives it; functions in forward(), such as F.relu, are not seen"
        )
    return layers, {kind: len(modules) for kind, modules in groups.items()}


def _token_lines(tokens: pd.Series, names: Sequence[str]) -> Iterator[str]:
    """Say on which grids tokens lie, and which tokens are left out."""
    for text, layers in tokens.groupby(tokens, sort=False):
        grid = as_grid(text)
        line = f"tokens on a grid of {grid.rows} x {grid.columns} in {len(layers)} layer{'s' * (len(layers) > 1)}"
        if grid.before:
            which = f" ({', '.join(names)})" if names else ""
            line += f"; left out in each: {grid.before} token{'s' * (grid.before > 1)} before the grid{which}"
        yield line


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
