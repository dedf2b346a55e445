"""``srop dataset``."""

import argparse
import math
from typing import Any

import pandas as pd

from srop.command.output import as_text, write
from srop.command.request import Photos, Request, counted, photos_of, record_of
from srop.data.images import is_passed_over
from srop.differences import FEWEST_IMAGES
from srop.image_tables import class_statistics, compare_images, describe_images, plot_images

_LISTED = 20

_MEANING = (
    "SROPs of the images themselves, in gray, in the largest central square at their own resolution; white noise has "
    "about 0.85. Faults are guesses from the pixels: look at an image before you drop it."
)


def run(options: argparse.Namespace, request: Request) -> None:
    """Describe the images of a folder, and compare them with another folder's."""
    sets = {"": request.photos}
    if options.against is not None:
        sets["against"] = photos_of(options, options.against)
    tables = {name: _measured(photos, options) for name, photos in sets.items()}
    for name, photos in sets.items():
        print(*photos.lines(), sep="\n")
        if empty := _empty_classes(photos):
            more = ", ..." if len(empty) > 3 else ""
            print(f"  {counted(len(empty), 'folder')} without an image: {', '.join(empty[:3])}{more}")
        _print_faults(tables[name])
    table = tables[""]
    if (sizes := table["size"].agg(["min", "max"])).nunique() > 1:
        print(f"sizes from {sizes['min']} to {sizes['max']}: SROPs of images of other sizes compare with care")
    rows = class_statistics(table)
    print(as_text(rows.round(4)))
    further: dict[str, Any] = {
        "convention": "published",
        "classes": dict(zip(rows["class"], rows["images"], strict=True)),
    }
    if "against" in tables:
        result = compare_images(table, tables["against"])
        further |= {"against": record_of(None, sets["against"]), "comparison": result}
        print(_compared(result, options))
    print(_MEANING)
    title = str(request.photos.path) if len(sets) == 1 else ""
    figure = plot_images(table, tables.get("against"), title=title, names=[str(each.path) for each in sets.values()])
    both = pd.concat([part.assign(set=str(sets[name].path)) for name, part in tables.items()])
    write(options, request, None, both, figure, further)


def _measured(photos: Photos, options: argparse.Namespace) -> pd.DataFrame:
    table = describe_images([picture.file for picture in photos.pictures], white=options.white)
    names = [photos.name(picture.file) for picture in photos.pictures]
    table["image"] = names
    table["class"] = [name.rpartition("/")[0].partition("/")[0] for name in names]
    return table


def _empty_classes(photos: Photos) -> list[str]:
    """List the folders that would be a class and hold no image."""
    if not photos.path.is_dir():
        return []
    filled = {photos.name(file).partition("/")[0] for file in photos.contents.files}
    folders = (each for each in photos.path.iterdir() if each.is_dir() and not is_passed_over(each))
    return sorted(each.name for each in folders if each.name not in filled)


def _print_faults(table: pd.DataFrame) -> None:
    faulty = table[table["faults"] != ""]
    print(f"  {len(faulty)} of {counted(len(table), 'image')} may have a fault{':' if len(faulty) else ''}")
    for row in faulty.head(_LISTED).itertuples():
        print(f"    {row.image}: {row.faults}")
    if len(faulty) > _LISTED:
        print(f"    and {len(faulty) - _LISTED} more, in the table")


def _compared(result: dict[str, Any], options: argparse.Namespace) -> str:
    text = f"mean SROP of {options.against} minus that of {options.images}: {result['difference']:+.4f}"
    if not math.isnan(result["lower"]):
        text += f" (95 %: {result['lower']:+.4f} to {result['upper']:+.4f})"
    text += f"; largest difference of the shares of images below any SROP {result['distance']:.2f}"
    if result["differs"] is None:
        return f"{text}. A set has fewer than {FEWEST_IMAGES} images, so no test says whether the sets differ."
    verdict = "They differ by more than images vary." if result["differs"] else "They differ no more than images vary."
    return f"{text} (p {result['distance_p']:.2g}). {verdict}"
