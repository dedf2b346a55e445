"""``srop filters``."""

import argparse
from fnmatch import fnmatchcase

import pandas as pd
from torch import Tensor, nn

import srop
from srop.command.network import prepare
from srop.command.output import as_text, write
from srop.command.request import Request
from srop.layers import require_fit


def run(options: argparse.Namespace, request: Request) -> None:
    """Print and write the centers of the spectra of a network's filters."""
    measured = prepare(options, request)
    weights = _weights(measured.spec.name, measured.network, options)
    centers = {}
    for name, weight in weights.items():
        try:
            centers[name] = srop.filter_centers(weight, size=options.pad)
        except ValueError as error:
            raise ValueError(f"{name}: {error} (--layers measures other convolutions)") from error
    rows = []
    for name, center in centers.items():
        edge = weights[name].shape[-1]
        quartiles = pd.Series(center.numpy()).quantile([0.25, 0.5, 0.75])
        row = {"layer": name, "filters": len(center), "size": f"{edge} x {edge}", "median": quartiles[0.5].round(2)}
        row |= {"quarter below": quartiles[0.25].round(2), "quarter above": quartiles[0.75].round(2)}
        if options.cutoff:
            row["low"] = f"{srop.low_proportion(weights[name], options.cutoff, size=options.pad):.0%}"
        rows.append(row)
    print(as_text(pd.DataFrame(rows)))
    print(
        f"Centers of the filters' power, in rings of a spectrum of {options.pad} x {options.pad}; white filters are "
        f"centered at about {0.38 * options.pad:.0f}."
        + (f" Low is the share below {options.cutoff:g}." if options.cutoff else "")
    )
    table = pd.concat(
        pd.DataFrame({"origin": measured.origin, "layer": name, "filter": range(len(center)), "center": center.numpy()})
        for name, center in centers.items()
    )
    figure = srop.plot_filters(
        centers,
        size=options.pad,
        cutoff=options.cutoff,
        title=measured.title,
    )
    write(
        options,
        request,
        measured,
        table,
        figure,
        {"layers": list(centers), "pad": options.pad, "cutoff": options.cutoff},
    )


def _weights(name: str, network: nn.Module, options: argparse.Namespace) -> dict[str, Tensor]:
    """Give the filters of the convolutions that are asked for."""
    names = [each for each, _ in network.named_modules() if each]
    modules = {each: module for each, module in network.named_modules() if isinstance(module, nn.Conv2d)}
    convolutions = {
        layer: module.weight.detach().cpu()
        for layer, module in modules.items()
        if module.kernel_size[0] == module.kernel_size[1] > 1
    }
    if not convolutions:
        raise ValueError(f"{name} has no convolution of square filters larger than 1 x 1; give another network")
    if large := [layer for layer, weight in convolutions.items() if weight.shape[-1] > options.pad]:
        raise ValueError(f"--pad {options.pad}: the filters of {large[0]} are larger; give at least their size")
    if not options.layers:
        first = next(iter(convolutions))
        print(f"the first of {len(convolutions)} convolutions larger than 1 x 1; --layers '*' measures all")
        return {first: convolutions[first]}
    for pattern in options.layers:
        chosen = [layer for layer in modules if fnmatchcase(layer, pattern)]
        if chosen and not convolutions.keys() & set(chosen):
            size = " x ".join(map(str, modules[chosen[0]].kernel_size))
            raise ValueError(
                f"--layers {pattern}: the filters of {chosen[0]} are {size}, and only square filters larger than 1 x 1 "
                "have rings; name another convolution"
            )
        if not chosen and (other := [each for each in names if fnmatchcase(each, pattern)]):
            raise ValueError(
                f"--layers {pattern}: {other[0]} is no convolution, and has no filters; there are "
                f"{', '.join(list(convolutions)[:10])}"
            )
        require_fit(pattern, list(convolutions))
    return {
        layer: weight
        for layer, weight in convolutions.items()
        if any(fnmatchcase(layer, pattern) for pattern in options.layers)
    }
