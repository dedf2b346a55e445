"""``srop filters``."""

import argparse
from fnmatch import fnmatchcase

import pandas as pd
from torch import nn

import srop
from srop.command.given import Given
from srop.command.loaded import escaped, prepare
from srop.command.profile import require_fit
from srop.command.written import shown, write


def run(chosen: argparse.Namespace, given: Given) -> None:
    """Give the centers of the spectra of a network's filters."""
    measured = prepare(chosen, given)
    convolutions = {
        name: module.weight.detach().cpu()
        for name, module in measured.network.named_modules()
        if isinstance(module, nn.Conv2d) and module.kernel_size[0] == module.kernel_size[1] > 1
    }
    weights = _chosen(measured.subject.name, convolutions, chosen)
    centers = {name: srop.filter_centers(weight, size=chosen.pad) for name, weight in weights.items()}
    rows = []
    for name, center in centers.items():
        edge = weights[name].shape[-1]
        quartiles = pd.Series(center.numpy()).quantile([0.25, 0.5, 0.75])
        row = {"layer": name, "filters": len(center), "size": f"{edge} x {edge}", "median": quartiles[0.5].round(2)}
        row |= {"quarter below": quartiles[0.25].round(2), "quarter above": quartiles[0.75].round(2)}
        if chosen.cutoff:
            row["low"] = f"{srop.low_proportion(weights[name], chosen.cutoff, size=chosen.pad):.0%}"
        rows.append(row)
    print(shown(pd.DataFrame(rows)))
    print(
        f"Centers of the filters' power, in rings of a spectrum of {chosen.pad} x {chosen.pad}; those of white filters "
        f"are at about {0.38 * chosen.pad:.0f}."
        + (f" Low is the share below {chosen.cutoff:g}." if chosen.cutoff else "")
    )
    table = pd.concat(
        pd.DataFrame({"origin": measured.origin, "layer": name, "filter": range(len(center)), "center": center.numpy()})
        for name, center in centers.items()
    )
    figure = srop.plot_filters(
        {escaped(name): center for name, center in centers.items()},
        size=chosen.pad,
        cutoff=chosen.cutoff,
        title=measured.title,
    )
    write(chosen, given, measured, table, figure, {"layers": list(centers), "pad": chosen.pad, "cutoff": chosen.cutoff})


def _chosen(name: str, convolutions: dict, chosen: argparse.Namespace) -> dict:
    if not convolutions:
        raise ValueError(f"{name} has no convolution of square filters larger than 1 x 1")
    if large := [layer for layer, weight in convolutions.items() if weight.shape[-1] > chosen.pad]:
        raise ValueError(f"--pad {chosen.pad}: the filters of {large[0]} are larger")
    if not chosen.layers:
        first = next(iter(convolutions))
        print(f"the first of {len(convolutions)} convolutions of more than 1 x 1; --layers '*' takes all")
        return {first: convolutions[first]}
    for pattern in chosen.layers:
        require_fit(pattern, list(convolutions))
    return {
        layer: weight
        for layer, weight in convolutions.items()
        if any(fnmatchcase(layer, pattern) for pattern in chosen.layers)
    }
