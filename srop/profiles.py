"""Profiles: the SROPs of a network's layers, one row per channel, from one pass over its inputs."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from srop.checks import layer_names, require_batches, require_hookable
from srop.convention import PUBLISHED, Convention, as_convention, name_of
from srop.maps import require_layout
from srop.passes import pass_over
from srop.resolution import is_coarse
from srop.rolloff import dead_maps, rolloff_grid, rolloff_points
from srop.sizes import MapSize, as_size
from srop.statistics import DEAD_SROP, DEAD_TREATMENTS, counts_dead, mean_over
from srop.tokens import require_grids


@torch.no_grad()
def profile(
    model: nn.Module,
    batches: Iterable[Tensor | Sequence[Tensor]],
    layers: Sequence[str] | Mapping[str, str],
    *,
    convention: Convention | str | Mapping[str, Convention | str] = PUBLISHED,
    reference: int | tuple[int, int] | None = None,
    pooled: Mapping[str, str] | None = None,
    layout: str | Mapping[str, str] | None = None,
    grid: Any = None,
    dead: str | Sequence[str] = "omit",
    origin: str | None = None,
    by_image: bool = False,
) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
    """Profile a network: measure the SROPs of all maps, and give their statistics over the images for each channel.

    The network runs once over the batches, in evaluation mode and on its own device. Hooks reduce the maps at once to
    a histogram of rings per channel, so memory does not grow with the number of images, and every statistic is exact.
    :func:`layer_statistics` summarizes the channels of each layer.

    Args:
        model: The network.
        batches: Inputs ``(b, c, H, W)``, or clips ``(b, c, t, H, W)`` of t frames; or sequences that begin with them,
            such as pairs of images and labels. The progress bar shows the total if the batches have a length, as a list
            or a DataLoader has.
        layers: Names as in ``model.named_modules()``, or a mapping from names of your own to these names. A layer that
            runs several times has its run behind its name, ``"relu#2"``; a list, tuple, dict or data class has the part
            behind it, ``"backbone['out']"`` or ``"block[0]"``.
        convention: The definition of the SROP, or its name; or a mapping from names to several conventions, which are
            measured in the same pass.
        reference: Size that all SROPs refer to, or its rows and columns, so that layers can be compared. None means the
            inputs' H x W: 224 x 224 for the paper's networks, 32 x 32 for CIFAR's.
        pooled: A mapping from further names of your own to modules. The maps of these modules are measured after the
            paper's benchmark, a max-pool of kernel size and stride two.
        layout: Layout of the outputs, ``"NCHW"`` or ``"NHWC"`` (channels last), ``"NLC"`` or ``"NCL"`` of tokens,
            ``"NCTHW"`` or ``"NTHWC"`` of frames: one for all layers, or a mapping by the layer's name. It counts for
            outputs of as many dimensions. None finds it from the layer or its output (:func:`srop.maps.layout_of`).
        grid: Grid of tokens, ``14``, ``(14, 14)`` or ``"14x14"``; ``"1+14x14"`` leaves out one token before the grid,
            such as a class token. One for all layers of tokens, or a mapping by the layer's name. None takes the grid
            that the network states, and leaves out the tokens that it states (:func:`srop.tokens.stated_by`).
        dead: Whether dead maps are left out (``"omit"``) or count as 1 (``"one"``), see :func:`srop.summarize`. Several
            words give a row for each.
        origin: A name for the network's weights, which tells tables of two networks apart. None means the network's
            class and a checksum of its weights.
        by_image: Whether to give a second table, with a row per image instead of one per channel.

    Returns:
        A row per layer and channel, in the order in which the layers run:

        - ``convention``: its name, or its fields if it has no name; ``reference``, ``origin``
        - ``layer``, ``depth`` (0, 1, ... in the order of the forward pass), ``size`` (edge length of the maps)
        - ``coarse``: whether fewer than five SROPs are possible at this size (:func:`srop.possible_srops`)
        - ``channel``, ``images`` (the number of images or clips), ``dead`` (the argument)
        - ``mean``, ``median``, ``lower_quartile``, ``upper_quartile``, ``std`` of the SROPs over the images, as in
          :class:`srop.Summary`; NaN where no image counts (``std``: fewer than two images)
        - ``dead_share``, ``out_of_band_share``: shares of the maps

        If a size or reference is not square, it is text, rows x columns, such as ``"7x10"``; arguments that are sizes
        take such text.

        A layer of a video network gives a map for each frame that it has left; each frame counts as an image does.

        With ``by_image`` also a second table, a row per layer and image: ``image`` (0, 1, ... in the order of the
        batches) and ``srop``, the mean over the channels that count, NaN where no channel counts.

    Raises:
        TypeError: If ``layers`` is a single name, the reference is not a whole number, a batch neither is a tensor nor
            begins with one, or the network cannot be hooked.
        ValueError: If a word is unknown; if the network has no layer of a name; if a layer's output holds no
            maps, does not show which dimension has the channels, or has tokens that fill no known grid; if maps
            are 1 x 1 or attention weights; if a layer runs more than once or never in a forward pass; if a map is not
            finite; if there is no image.
        RuntimeError: If the network cannot take the inputs; the message gives their shape.
        torch.OutOfMemoryError: If the device's memory does not hold one image. A batch that it does not hold is
            measured by halves, which changes no more than rounding.

    Reference:
        Yu et al. 2021, Sec. 3.3.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        >>> table = profile(model, [torch.randn(4, 3, 32, 32)], {"conv": "1", "pool": "2"})
        >>> table.groupby(["layer", "depth", "size"], sort=False).size()
        layer  depth  size
        conv   0      32      8
        pool   1      16      8
        dtype: int64
    """
    require_batches(batches)
    layers = layer_names(layers)
    if reference is not None:
        as_size(reference, "reference")
    treatments = [dead] if isinstance(dead, str) else list(dead)
    if not treatments or set(treatments) - set(DEAD_TREATMENTS):
        raise ValueError(f"dead={dead!r}: there are {' and '.join(map(repr, DEAD_TREATMENTS))}, or both as a tuple")
    names = dict(layers) if isinstance(layers, Mapping) else {name: name for name in layers}
    if len(set(names.values())) < len(names) or names.keys() & (pooled or {}).keys():
        raise ValueError(
            f"layers={names} and pooled={pooled} give two names to one layer, or one name to two layers; give each "
            "layer one name of its own"
        )
    labels = {module: [(label, nn.Identity())] for label, module in names.items()}
    for label, module in (pooled or {}).items():
        labels.setdefault(module, []).append((label, _halved))
    several = convention if isinstance(convention, Mapping) else {name_of(convention): convention}
    conventions = {name: as_convention(definition) for name, definition in several.items()}
    if not names or not conventions:
        raise ValueError(
            f"{len(names)} layers and {len(conventions)} conventions; give at least one layer and one convention"
        )
    modules_by_label = names | dict(pooled or {})
    # A module is read once, under its first name, whichever of its names has the layout or grid.
    first = {label: labels[module][0][0] for label, module in modules_by_label.items()}
    layouts = {first[label]: name for label, name in require_layout(layout, modules_by_label).items()}
    grids = {first[label]: each for label, each in require_grids(grid, list(modules_by_label)).items()}
    counts: dict[str, _Counts] = {}

    def take(label: str, maps: Tensor, size: MapSize) -> None:
        if label not in counts:
            counts[label] = _Counts(label, maps.shape, conventions, treatments, size, maps.device)
        counts[label].add(maps, size)

    require_hookable(model)
    origin = origin if origin is not None else origin_of(model)
    options = {"layouts": layouts, "grids": grids, "is_for_all": isinstance(layout, str)}
    pass_over(model, batches, labels, take, **options, clips=True, reference=reference, reset=counts.clear)
    channels, images = (
        _table([part for depth, counted in enumerate(counts.values()) for part in parts(counted, depth)], origin)
        for parts in (_Counts.parts, _Counts.image_parts)
    )
    return (channels, images) if by_image else channels


def _halved(maps: Tensor) -> Tensor:
    return nn.functional.max_pool2d(maps.flatten(0, -4), 2).unflatten(0, maps.shape[:-3])


def _table(parts: list[dict[str, np.ndarray]], origin: str) -> pd.DataFrame:
    table = pd.DataFrame({column: np.concatenate([part[column] for part in parts]) for column in parts[0]})
    table.insert(2, "origin", origin)
    return table


def origin_of(model: nn.Module) -> str:
    """Name a network by its class and a checksum of its weights, which two networks almost never share.

    Example:
        >>> len(origin_of(nn.ReLU()))
        13
    """
    digest = hashlib.sha256()
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        if is_lazy(value):
            continue
        digest.update(f"{name} {tuple(value.shape)} {value.dtype} {_checksum(value)}".encode())
    return f"{type(model).__name__} {digest.hexdigest()[:8]}"


def _checksum(value: Tensor) -> int:
    """Add up the bits of a tensor as whole numbers, so that the order of the sum does not matter."""
    try:
        # In the order in which they lie, which copies nothing.
        value = value.detach().permute(sorted(range(value.ndim), key=value.stride, reverse=True))
        bits = value.contiguous().flatten().view(torch.uint8)
    except (NotImplementedError, RuntimeError):  # no dense values
        return 0
    if bits.storage_offset() % 4:  # a view that begins within a word
        bits = bits.clone()
    words = bits[: bits.numel() // 4 * 4].view(torch.int32)
    return int(words.sum(dtype=torch.int64)) + int(bits[words.numel() * 4 :].sum(dtype=torch.int64))


class _Counts:
    """The histograms of one layer: for each convention and channel the number of maps in each ring."""

    def __init__(
        self,
        label: str,
        shape: torch.Size,
        conventions: Mapping[str, Convention],
        treatments: Sequence[str],
        reference: MapSize,
        device: torch.device,
    ) -> None:
        self.label = label
        self.channels, self.size = shape[1], MapSize(*shape[-2:])
        self.conventions, self.treatments, self.reference = conventions, treatments, reference
        # A clip has several maps per channel, one for each frame.
        self.images = self.maps = 0
        self.dead = torch.zeros(self.channels, dtype=torch.long, device=device)
        self.grids = [
            rolloff_grid(self.size, convention=convention, reference=reference) for convention in conventions.values()
        ]
        # One place for each ring from 0 to the outermost, and a last place for maps without an SROP.
        self.rings = [self.dead.new_zeros(self.channels, outermost + 2) for outermost, _ in self.grids]
        # For each batch, images by conventions and treatments.
        self.image_means: list[Tensor] = []

    def add(self, maps: Tensor, reference: MapSize) -> None:
        if (maps.shape[1], maps.shape[-2:], reference) != (self.channels, self.size, self.reference):
            raise ValueError("the images are not all of one size; give batches of images of one size")
        points = rolloff_points(maps, convention=self.conventions.values(), reference=self.reference)
        dead = dead_maps(maps, among=points[0].isnan())
        channel = torch.arange(self.channels, device=maps.device)
        by_image = dead.flatten(1)
        means = [mean_over(each.flatten(1), by_image, dead=word) for each in points for word in self.treatments]
        counts = []
        for point, rings, (_, unit) in zip(points, self.rings, self.grids, strict=True):
            places = rings.shape[1]
            ring = (point * unit).round().nan_to_num(places - 1).long().transpose(1, -1)
            counts.append(torch.bincount((channel * places + ring).flatten(), minlength=rings.numel()).view_as(rings))
        image_means, dead_count = torch.stack(means, dim=1), dead.transpose(1, -1).flatten(0, -2).sum(0)
        # Nothing above changes what is kept, so that a batch that runs out of memory can be taken again by halves.
        self.images += len(maps)
        self.maps += maps.shape[:-2].numel() // self.channels
        self.dead += dead_count
        self.image_means.append(image_means)
        for rings, count in zip(self.rings, counts, strict=True):
            rings += count

    def _keys(self, convention: str, depth: int) -> dict[str, Any]:
        keys = {"convention": convention, "reference": self.reference.plain, "layer": self.label}
        return keys | {"depth": depth, "size": self.size.plain}

    def parts(self, depth: int) -> Iterator[dict[str, np.ndarray]]:
        """Give the columns of the profile, for each convention and treatment of dead maps."""
        dead = self.dead.cpu().numpy()
        for name, rings, (_, unit) in zip(self.conventions, self.rings, self.grids, strict=True):
            rings = rings.cpu().numpy()
            srops = np.append(np.arange(rings.shape[1] - 1) / unit, DEAD_SROP)
            coarse = is_coarse(self.size, reference=self.reference, convention=self.conventions[name])
            for treatment in self.treatments:
                keys = self._keys(name, depth) | {"coarse": coarse}
                dead_count = dead * counts_dead(treatment)
                yield {
                    **{column: _repeated(value, self.channels) for column, value in keys.items()},
                    "channel": np.arange(self.channels),
                    "images": np.full(self.channels, self.images),
                    "dead": np.full(self.channels, treatment),
                    **weighted_statistics(srops, np.column_stack([rings[:, :-1], dead_count])),
                    "dead_share": dead / self.maps,
                    "out_of_band_share": (rings[:, -1] - dead) / self.maps,
                }

    def image_parts(self, depth: int) -> Iterator[dict[str, np.ndarray]]:
        """Give the columns of the table by image, for each convention and treatment of dead maps."""
        measures = product(self.conventions, self.treatments)
        for (name, treatment), means in zip(measures, torch.cat(self.image_means).cpu().numpy().T, strict=True):
            keys = self._keys(name, depth) | {"dead": treatment}
            yield {
                **{column: _repeated(value, self.images) for column, value in keys.items()},
                "image": np.arange(self.images),
                "srop": means,
            }


def _repeated(value: Any, count: int) -> np.ndarray:
    # Text as objects, because a column of sizes may hold numbers, too, which NumPy would turn into text.
    return np.full(count, value, dtype=object if isinstance(value, str) else None)


def weighted_statistics(values: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the statistics of samples from a histogram, exactly.

    Args:
        values: ``(k,)``, ascending.
        counts: Integers ``(rows, k)``: how often each value occurs in each row's sample.

    Returns:
        The statistics of :class:`srop.Summary` by name, float64 ``(rows,)``; NaN for rows without a sample.

    Example:
        >>> weighted_statistics(np.array([0.25, 0.5, 1.0]), np.array([[2, 1, 1]]))["median"]
        array([0.375])
    """
    number = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counts @ values / number
        square = (counts * (values - mean[:, None]) ** 2).sum(axis=1)
        std = np.where(number > 1, np.sqrt(square / (number - 1)), np.nan)
    # Each row is lifted above the row before, so that all rows together are one ascending array to search in.
    lift = np.arange(len(counts)) * (number.max(initial=0) + 1)
    running = (counts.cumsum(axis=1) + lift[:, None]).ravel()
    first = np.arange(len(counts)) * len(values)

    def sample(position: np.ndarray) -> np.ndarray:
        place = np.searchsorted(running, position + lift, side="right") - first
        return values[place.clip(0, len(values) - 1)]

    def quantile(share: float) -> np.ndarray:
        position = share * (number - 1)
        below, above = sample(np.floor(position)), sample(np.ceil(position))
        return np.where(number > 0, below + (position % 1) * (above - below), np.nan)

    quartiles = {"median": quantile(0.5), "lower_quartile": quantile(0.25), "upper_quartile": quantile(0.75)}
    return {"mean": mean, **quartiles, "std": std}


_KEYS = ("convention", "reference", "origin", "layer", "depth", "size", "coarse", "images", "dead")
"""The columns of a profile that name a layer and how it was measured; :func:`layer_statistics` groups by them."""


def layer_statistics(table: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Summarize a profile over channels: the layer-wise SROPs of the paper's figures.

    Args:
        table: A profile, from :func:`srop.profile` or :func:`srop.read_profile`. Columns of your own are left out.
        by: Columns of your own that tell several profiles in one table apart, such as the names of networks.

    Returns:
        A row per layer instead of one per channel; where there are several conventions or treatments of dead maps, a
        row for each. ``mean``, ``median``, ``lower_quartile``, ``upper_quartile`` and ``std`` are statistics of the
        channels' means over the images. Channels without a mean are left out; where no channel has a mean, the
        statistics are NaN. ``channels`` is the number of all channels, ``dead_share`` and ``out_of_band_share`` are
        shares of all maps.

    Raises:
        TypeError: If the table is not a :class:`pandas.DataFrame`, or ``by`` is a single name.
        ValueError: If the table lacks a column, its layers were read as numbers, or it holds a channel twice, as a
            table of two networks does.

    Reference:
        Yu et al. 2021, Sec. 3.3.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
        >>> layer_statistics(profile(model, [torch.randn(4, 3, 32, 32)], ["0", "1"]))[["layer", "channels"]]
          layer  channels
        0     0         8
        1     1         8
    """
    if isinstance(by, str):
        raise TypeError(f"by={by!r}: give a list of columns, such as [{by!r}]")
    shares = ["dead_share", "out_of_band_share"]
    table = require_profile(table, ["layer", "channel", "mean", *shares])
    keys = [column for column in table if column in _KEYS or column in by]
    if missing := [column for column in by if column not in table]:
        raise ValueError(f"by={missing[0]!r}: the table has no such column; it has {', '.join(map(str, table))}")
    if "origin" in table and "origin" not in by and table["origin"].nunique() > 1:
        origins = ", ".join(map(str, table["origin"].unique()))
        raise ValueError(
            f"the table holds several networks ({origins}); give the rows of one network, or by=['origin'] for all"
        )
    if table.duplicated([*(key for key in keys if key != "images"), "channel"]).any():
        raise ValueError(
            "the table holds a channel twice, so it has rows of several networks or inputs; give the rows of one, or "
            "by= with the column that tells them apart"
        )
    groups = table.groupby(keys, sort=False, dropna=False, observed=True)
    means = groups["mean"]
    statistics = means.agg(channels="size", mean="mean", median="median", std="std")
    statistics.insert(3, "lower_quartile", means.quantile(0.25))
    statistics.insert(4, "upper_quartile", means.quantile(0.75))
    return statistics.join(groups[shares].mean()).reset_index()


def read_profile(path: str | PathLike[str]) -> pd.DataFrame:
    """Read a profile from a CSV file, and keep the layers' names as they are.

    ``pandas.read_csv`` alone reads the names ``"0"`` and ``"1.10"`` as numbers, and ``"1.10"`` loses its last digit.

    Args:
        path: The file.

    Returns:
        The table as :func:`srop.profile` gave it, with any further columns.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file's columns are not separated by commas, or are not the columns of a profile.
    """
    words = dict.fromkeys(("convention", "origin", "layer", "dead"), str)
    columns = list(_parsed(path, nrows=0))
    if len(columns) == 1 and (separator := next((mark for mark in ";\t" if mark in columns[0]), None)):
        raise ValueError(
            f"{path}: its columns are separated by {'semicolons' if separator == ';' else 'tabs'}; give a file with "
            "commas, as table.to_csv(path, index=False) writes it, or read this one by pandas.read_csv(path, "
            f"sep={separator!r}, dtype={{'layer': str}})"
        )
    # "", "NA" and "null" can be names of layers; in a column of numbers an empty cell is a missing number.
    missing = {column: ["", "nan", "NaN"] for column in columns if column not in words}
    table = _parsed(path, dtype=words, keep_default_na=False, na_values=missing)
    for column in {"size", "reference"} & set(columns):
        if not pd.api.types.is_numeric_dtype(table[column]):
            # Sizes of square maps are numbers, even among others.
            values = [int(each) if str(each).isdecimal() else each for each in table[column]]
            table[column] = pd.Series(values, index=table.index)
    try:
        return require_profile(table, ["layer", "channel", "mean"])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _parsed(path: str | PathLike[str], **options: Any) -> pd.DataFrame:
    try:
        return pd.read_csv(path, **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        why = str(error).strip()
        raise ValueError(f"{path} is no table of comma-separated values ({why}); give a file of a profile") from error


def require_profile(table: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Check a profile; give it with layers as text and a new index.

    Raises:
        TypeError: If the table is not a :class:`pandas.DataFrame`.
        ValueError: If the table lacks one of the columns, or its layers are numbers.
    """
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table: a {type(table).__name__} was given; give what srop.profile returns")
    if missing := [column for column in columns if column not in table]:
        if "channel" in missing and {"step", "layer", "channels"} <= set(table):
            raise ValueError(
                "the table is from srop.Monitor, with a row for each step and layer; give what srop.profile returns, "
                "with a row for each channel"
            )
        raise ValueError(
            f"the table has no column {', '.join(missing)}; give what srop.profile returns, with a row for each channel"
        )
    layers = table["layer"]
    if pd.api.types.is_float_dtype(layers):
        raise ValueError(
            "the column layer holds numbers, because pandas reads names such as '1.10' as numbers; read the CSV file "
            "by srop.read_profile(path)"
        )
    return table.assign(layer=layers.astype(str)).reset_index(drop=True)
