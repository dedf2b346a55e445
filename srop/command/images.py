"""``srop images``."""

import argparse

import pandas as pd

from srop.command.output import write
from srop.command.request import Photos, Request, counted, photos_of, record_of
from srop.differences import FEWEST_IMAGES
from srop.image_spectra import LARGEST, common_size, image_spectra, spectra_table
from srop.image_spectra_plots import plot_spectra

_MEANING = (
    "Spectra of gray images without their means, at their own resolution, with no window and {filter}; means over "
    "images are of logarithms."
)


def run(options: argparse.Namespace, request: Request) -> None:
    """Compare the spectra of two folders of images."""
    sets = [request.photos, photos_of(options, options.against)]
    size = options.size or common_size([picture for photos in sets for picture in photos.pictures])
    spectra = []
    for photos in sets:
        print(*photos.lines(), sep="\n")
        print(f"  {_cropped(photos, size)}")
        method = {"residual": options.residual, "block": options.block}
        spectra.append(image_spectra(photos.pictures, size, **method, white=options.white))
    table = spectra_table(*spectra)
    for photos, column in zip(sets, ("first_images", "second_images"), strict=True):
        if flat := len(photos.pictures) - int(table[column].iloc[0]):
            print(f"{counted(flat, 'image')} of {photos.path} left out, of one gray level")
    print(*_compared(table, options), sep="\n")
    window = options.residual
    print(_MEANING.format(filter=f"less their median over {window} x {window} pixels" if window else "no filter"))
    figure = plot_spectra(table, names=[str(photos.path) for photos in sets])
    write(options, request, None, table, figure, {"size": size, **method, "against": record_of(None, sets[1])})


def _cropped(photos: Photos, size: int) -> str:
    """Say what part of the images is measured."""
    larger = [each for each in photos.pictures if max(each.width, each.height) > size]
    if not larger:
        return f"all are {size} x {size}"
    sides = [min(each.width, each.height) for each in photos.pictures]
    limit = ", which is the most" if size == LARGEST else ""
    return (
        f"{len(larger)} of {counted(len(photos.pictures), 'image')} cut to the central {size} x {size}{limit}, not "
        f"resized (shorter sides {min(sides)} to {max(sides)})"
    )


def _compared(table: pd.DataFrame, options: argparse.Namespace) -> list[str]:
    """Say how far the sets are apart, and where they differ."""
    row = table[table["kind"] == "distance"].iloc[0]
    text = f"log-spectral distance {row['difference']:.2f} dB"
    if pd.notna(row["lower"]):
        text += f" (95 %: {row['lower']:.2f} to {row['upper']:.2f})"
    if row["marked"] is None:
        return [f"{text}. A set has fewer than {FEWEST_IMAGES} images, so no test says whether the sets differ."]
    lines = [f"{text}, {'more' if row['marked'] else 'no more'} than images vary (p {row['p']:.2g})"]
    radial, direction = (table[table["kind"].eq(kind) & table["marked"].eq(True)] for kind in ("radial", "direction"))
    if len(radial):
        largest = radial.loc[radial["difference"].abs().idxmax()]
        lines.append(
            f"power differs by more than images vary in {len(radial)} of {(table['kind'] == 'radial').sum()} rings; "
            f"most at {largest['at']:.3f} cycles per pixel: {10 * largest['difference']:+.1f} dB in {options.against}"
        )
    if len(direction):
        angles = ", ".join(f"{angle:.0f}" for angle in direction["at"])
        lines.append(f"power by direction differs at {angles} degrees (0: waves from left to right)")
    if count := int((table["kind"].eq("zigzag") & table["marked"].eq(True)).sum()):
        lines.append(f"{count} of {(table['kind'] == 'zigzag').sum()} coefficients of the DCT differ")
    return lines if len(lines) > 1 else [*lines, "no ring and no direction differs by more than images vary"]
