"""``srop channels``."""

import argparse

import srop
from srop.channels import KINDS
from srop.command.network import Batches, layout_for, pixels, prepare
from srop.command.output import as_text, write
from srop.command.request import Request

_PRINTED = 12


def run(options: argparse.Namespace, request: Request) -> None:
    """Describe the channels of a layer, and draw them."""
    measured = prepare(options, request)
    layer = _layer(options.layer, measured.spec.layers or {})
    batches = Batches(request.photos, measured.inputs, options.batch, options.white)
    layout = layout_for(options.layout, measured.spec, {layer: layer})
    places = {"layout": layout, "grid": options.grid}
    table = srop.describe_channels(measured.network, batches, layer, **places)
    counts = table["kind"].value_counts()
    print(
        f"{len(table)} channels of {layer}: " + ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if kind in counts)
    )
    ends = table if len(table) <= _PRINTED else table.iloc[[*range(_PRINTED // 2), *range(-_PRINTED // 2, 0)]]
    if len(ends) < len(table):
        print(f"the {_PRINTED // 2} lowest and the {_PRINTED // 2} last; the table has all")
    print(as_text(ends.drop(columns=["typical", "size", "driven_by"]).round(4)))
    print(
        "Ordered by SROP. Of fine maps, concentration tells a texture (near 1) from noise (about 0.4) and from a few "
        "bright pixels (near 0). Dead channels have no SROP and come last."
    )
    shown = pixels(request.photos.pictures, measured.inputs, options.white) / 255
    figure = srop.show_channels(
        measured.network,
        batches,
        layer,
        pictures=shown,
        table=table,
        count=options.show,
        **places,
        title=f"{measured.title}, {layer}",
    )
    names = [request.photos.name(each.file) for each in request.photos.pictures]
    table["typical"] = [names[place] if place >= 0 else "" for place in table["typical"]]
    table["driven_by"] = [" ".join(names[place] for place in places) for places in table["driven_by"]]
    table.insert(0, "origin", measured.origin)
    table.insert(1, "layer", options.layer)
    further = {"layer": layer, "convention": "published", "reference": measured.inputs.size.plain}
    write(options, request, measured, table, figure, further)


def _layer(name: str, named: dict[str, str]) -> str:
    """Give the module of a layer that a YAML names, or the name itself."""
    return named.get(name, name)
