"""What images are like before any network: their own SROPs, their faults, and how two sets of them differ."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from srop.checks import require_files
from srop.data.images import check_image, image_files, read_image
from srop.differences import LEVEL, mean_interval, unpaired_difference
from srop.image_faults import image_faults, image_signs
from srop.profile_plots import legend
from srop.rolloff import rolloff_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LARGEST = 1024
"""Larger images are cut to their middle, at their own resolution."""

_QUALITY = 40
"""JPEG files of a lower quality are compressed, whatever their pixels show."""

_STANDARD = 3672
"""Sum of libjpeg's table for luminance at quality 50."""

_MOST_CLASSES = 40


def describe_images(files: str | Path | Sequence[str | Path], *, white: int | None = None) -> pd.DataFrame:
    """Describe images: the SROP of each, and what may be wrong with it.

    Each image is turned to gray and cropped to its largest central square, of at most 1,024 x 1,024 pixels. It is not
    resized, because resizing would hide faults and lower the SROP. SROPs refer to that square.

    Args:
        files: A folder of images, with its subfolders, or files. Below a folder, the first subfolder is the class.
        white: As for :func:`srop.data.images.read_image`.

    Returns:
        A row per image:

        - ``image``: its name within the folder
        - ``class``: "" without a subfolder
        - ``width``, ``height``, and ``size``, the edge length of the square
        - ``srop``: in (0, 1]; NaN for an image of one gray level
        - ``faults``: ``constant``, ``enlarged``, ``blurred``, ``compressed`` and ``noisy`` with commas between; ""
          without a fault
        - the columns of :class:`srop.image_faults.Signs`

    Raises:
        FileNotFoundError: If there is no such folder, or no image in it.
        ValueError: If an image cannot be read; the message names it.

    Example:
        >>> from matplotlib.cbook import get_sample_data
        >>> table = describe_images([get_sample_data("grace_hopper.jpg", asfileobj=False)])
        >>> table[["width", "height", "size"]].to_numpy().tolist(), table["faults"].tolist()
        ([[512, 600, 512]], [''])
    """
    if isinstance(files, str | Path):
        folder = Path(files).expanduser()
        paths = [folder] if folder.is_file() else image_files(folder)
        names = [folder.name] if folder.is_file() else [str(path.relative_to(folder)) for path in paths]
    else:
        require_files("files", files)
        paths = [Path(file).expanduser() for file in files]
        names = [path.name for path in paths]
    rows = [
        {"image": name, "class": name.rpartition("/")[0].partition("/")[0], **_row(path, white)}
        for name, path in zip(names, tqdm(paths, desc="images", leave=False, disable=None), strict=True)
    ]
    if not rows:
        raise ValueError("files: an empty list was given; give a folder, or at least one image")
    return pd.DataFrame(rows)


def _row(file: Path, white: int | None) -> dict:
    picture = check_image(file, white=white)
    shorter = min(picture.width, picture.height)
    size = min(shorter, _LARGEST)
    gray = read_image(file, size, resize=shorter, channels=1, white=white)[0]
    signs = image_signs(gray.numpy())
    faults = image_faults(signs)
    if jpeg_quality(file) < _QUALITY and "compressed" not in faults:
        faults.append("compressed")
    srop = rolloff_points(gray.float()).item() if size > 1 else np.nan
    row = {"width": picture.width, "height": picture.height, "size": size, "srop": srop}
    return row | {"faults": ", ".join(faults)} | signs._asdict()


def jpeg_quality(file: Path) -> float:
    """Estimate the quality at which a JPEG file was saved, by its table for luminance.

    Returns:
        libjpeg's quality, up to 100; infinity for files that are no JPEG.
    """
    from PIL import Image

    with Image.open(file) as image:
        tables = getattr(image, "quantization", None)
    if not tables:
        return np.inf
    scale = 100 * sum(tables[min(tables)]) / _STANDARD
    return 5000 / scale if scale > 100 else (200 - scale) / 2


def class_statistics(table: pd.DataFrame) -> pd.DataFrame:
    """Summarize the SROPs of images by class.

    Args:
        table: What :func:`describe_images` returns.

    Returns:
        A row per class: ``class``, ``images``, ``mean`` of the SROPs, the ends ``lower`` and ``upper`` of its interval
        of 95 % (NaN under two images), ``std``, and ``faulty``, the number of images with a fault.

    Raises:
        ValueError: If the table lacks a column.

    Example:
        >>> table = pd.DataFrame({"class": ["a", "a", "b"], "srop": [0.1, 0.2, 0.4], "faults": ["", "noisy", ""]})
        >>> class_statistics(table)[["class", "images", "mean", "faulty"]]
          class  images  mean  faulty
        0     a       2  0.15       1
        1     b       1  0.40       0
    """
    table = _described(table)
    rows = []
    for name, part in table.groupby("class", sort=True):
        lower, upper = mean_interval(part["srop"].to_numpy()[:, None])
        row = {"class": name, "images": len(part), "mean": part["srop"].mean(), "lower": lower[0], "upper": upper[0]}
        rows.append(row | {"std": part["srop"].std(), "faulty": int((part["faults"] != "").sum())})
    return pd.DataFrame(rows)


def _described(table: pd.DataFrame) -> pd.DataFrame:
    """Check a table of images, and give it with text where it has none after it was read from a CSV file."""
    if missing := [column for column in ("class", "srop", "faults") if column not in table]:
        raise ValueError(f"the table has no column {', '.join(missing)}; give what srop.describe_images returns")
    unnamed = table["class"].isna()
    if unnamed.any() and not unnamed.all():
        raise ValueError(
            f"{unnamed.sum()} of {len(table)} images have no class, perhaps since pandas takes a class NA for a "
            "missing value; read the file by pd.read_csv(path, dtype={'class': str}, keep_default_na=False, "
            "na_values={'srop': ['']})"
        )
    return table.assign(**{name: table[name].astype(object).fillna("").astype(str) for name in ("class", "faults")})


_LIKE = 1.1
"""Ratio of two median sizes whose SROPs are compared without a warning."""


def compare_images(first: pd.DataFrame, second: pd.DataFrame, *, seed: int = 0) -> dict[str, float | bool | None]:
    """Compare the SROPs of two sets of images: their means and their distributions.

    The test is one of the mean and of the shares of images below up to 19 quantiles of both sets, simultaneous over
    all: it marks two sets that do not differ with a chance of at most 2 %.

    Args:
        first: What :func:`describe_images` returns.
        second: As ``first``.
        seed: Seed of the test of the means.

    Returns:
        ``difference`` (second minus first mean), ``lower`` and ``upper`` (its interval of 95 %), ``mean_p``;
        ``distance`` (the largest difference of the shares below a quantile, in [0, 1]), ``distance_p``; ``differs``,
        None under ten images in a set.

    Warns:
        UserWarning: If the median sizes of the images differ by more than a tenth.

    Raises:
        ValueError: If a table lacks a column, or holds no SROP.

    Reference:
        :func:`srop.differences.unpaired_difference`.

    Example:
        >>> first, second = (pd.DataFrame({"srop": np.linspace(low, 0.5, 20)}) for low in (0.1, 0.4))
        >>> compare_images(first, second)["differs"]
        True
    """
    samples = []
    if "size" in first and "size" in second:
        low, high = sorted([first["size"].median(), second["size"].median()])
        if high > _LIKE * low:
            warnings.warn(
                f"the sets have images of other sizes, {size_range(first)} and {size_range(second)}, and SROPs change "
                "with the size: bring both sets to one size in the same way, or a difference may be one of size alone",
                stacklevel=2,
            )
    for name, table in (("first", first), ("second", second)):
        if "srop" not in table:
            raise ValueError(f"{name}: the table has no column srop; give what srop.describe_images returns")
        samples.append(table["srop"].dropna().to_numpy(dtype=float))
        if not len(samples[-1]):
            raise ValueError(f"{name}: not one image has an SROP; give images that are not constant")
    # SROPs are rings, so several quantiles may be one value, and the highest has no image above it.
    limits = np.unique(np.quantile(np.concatenate(samples), np.linspace(0.05, 0.95, 19), method="lower"))
    columns = [np.column_stack([sample, sample[:, None] <= limits]) for sample in samples]
    test = unpaired_difference(*columns, seed=seed)
    mean_p, distance_p = float(test.p[0]), float(test.p[1:].min())
    return {
        **{"difference": float(test.mean[0]), "lower": float(test.lower[0]), "upper": float(test.upper[0])},
        **{"mean_p": mean_p, "distance": float(np.abs(test.mean[1:]).max()), "distance_p": distance_p},
        "differs": None if np.isnan(mean_p) else min(mean_p, distance_p) <= LEVEL,
    }


def size_range(table: pd.DataFrame) -> str:
    """Give the smallest and the largest size of images, as ``"32 to 64"``, or the one size.

    Args:
        table: What :func:`describe_images` returns.

    Example:
        >>> size_range(pd.DataFrame({"size": [64, 32, 48]}))
        '32 to 64'
    """
    low, high = table["size"].min(), table["size"].max()
    return f"{low} to {high}" if low < high else f"{low}"


def plot_images(
    table: pd.DataFrame,
    against: pd.DataFrame | None = None,
    *,
    title: str = "",
    names: Sequence[str] = ("first", "second"),
) -> "Figure":
    """Draw the SROPs of images: by class, or of two sets side by side.

    Args:
        table: What :func:`describe_images` returns.
        against: The same table for a second set.
        title: Title of the picture, as plain text.
        names: Names of the two sets.

    Returns:
        A figure. For one set a dot per image in a row for each class (the first 40 classes), with a bar at the mean;
        images with a fault are red. For two sets their distribution functions.

    Raises:
        ValueError: If a table lacks a column.

    Example:
        >>> table = pd.DataFrame({"class": ["a", "b"], "srop": [0.1, 0.4], "faults": ["", "noisy"]})
        >>> [text.get_text() for text in plot_images(table).axes[0].get_yticklabels()]
        ['a (1)', 'b (1)']
    """
    from matplotlib.figure import Figure

    table = _described(table)
    rows = class_statistics(table)
    if against is not None:
        figure = Figure(figsize=(6.0, 3.6), layout="constrained")
        axes = figure.subplots()
        values = [part["srop"].dropna() for part in (table, against)]
        lines = [axes.ecdf(each) for each in values]
        sizes = [(len(own), len(part)) for own, part in zip(values, (table, against), strict=True)]
        rest = "the others are of one value"
        counts = [f"{own}" if own == every else f"{own} of {every}, {rest}" for own, every in sizes]
        legend(axes, lines, [f"{name}, images: {count}" for name, count in zip(names, counts, strict=True)])
        axes.set(ylabel="share of images below", xlabel="SROP of the image")
    else:
        rows = rows.head(_MOST_CLASSES)
        figure = Figure(figsize=(6.4, 1.4 + max(1.0, 0.28 * len(rows))), layout="constrained")
        axes = figure.subplots()
        for place, row in enumerate(rows.itertuples()):
            part = table[table["class"] == row[1]]
            # Dots of one place would hide one another.
            spread = np.linspace(-0.2, 0.2, len(part)) if len(part) > 1 else [0]
            faulty = (part["faults"] != "").to_numpy()
            colors = np.where(faulty, "tab:red", "tab:blue")
            axes.scatter(part["srop"], place + np.asarray(spread), s=9, c=colors, alpha=0.6, linewidths=0)
            axes.plot([row.mean] * 2, [place - 0.35, place + 0.35], color="black", linewidth=1.5)
        names = [f"{name or 'images'} ({count})" for name, count in zip(rows["class"], rows["images"], strict=True)]
        axes.set_yticks(range(len(rows)), names, fontsize="small", parse_math=False)
        axes.invert_yaxis()
        axes.set_xlabel("SROP of each image; red: with a fault; bars: means")
    axes.set_title(title, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
