"""``srop heatmap``, ``srop frequencies`` and ``srop bands``: the input frequencies that a classifier depends on."""

import argparse
import csv
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import prod, sqrt
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

import srop
from srop.command.network import MeasuredNetwork, pixels, prepare
from srop.command.output import as_text, write
from srop.command.request import Photos, Request, counted
from srop.guest import visiting
from srop.hooks import forward
from srop.occlusion import require_logits

_SHARE = 0.07
"""Norm of a wave per root of the number of pixels: 15.7 at 224 x 224, as in Yin et al. 2019 for ImageNet."""


def run(options: argparse.Namespace, request: Request) -> None:
    """Measure which frequencies of its input a classifier depends on, by the subcommand's method."""
    labels = _Labels(options.labels, request.photos)
    measured = prepare(options, request)
    inputs = measured.inputs
    images = pixels(request.photos.pictures, inputs, options.white).to(measured.device) / 255
    center, spread = (torch.tensor(values, device=images.device).view(-1, 1, 1) for values in (inputs.mean, inputs.std))

    def normalize(images: Tensor) -> Tensor:
        return (images - center) / spread

    answers = _logits(measured, images, normalize, options.batch)
    classes = labels.classes(answers).to(images.device)
    right = int((answers.argmax(dim=1) == classes).sum())
    wrong = 1 - right / len(classes)
    print(f"labels: {labels.description()}{labels.agreement(right, len(classes))}")
    measure = {"heatmap": partial(_heatmap, wrong), "frequencies": _frequencies, "bands": _bands}[options.kind]
    keywords = {"normalize": normalize, "seed": options.seed, "batch_size": options.batch}
    table, figure, further = measure(options, measured, images, classes, keywords)
    names = [request.photos.name(each.file) for each in request.photos.pictures]
    further["labels"] = {"which": options.labels, "classes": dict(zip(names, classes.tolist(), strict=True))}
    table.insert(0, "origin", measured.origin)
    if "image" in table:
        table["image"] = [names[image] for image in table["image"]]
    write(options, request, measured, table, figure, further)


def _heatmap(
    wrong: float,
    options: argparse.Namespace,
    measured: MeasuredNetwork,
    images: Tensor,
    classes: Tensor,
    keywords: dict[str, Any],
) -> tuple[pd.DataFrame, Any, dict[str, Any]]:
    size = measured.inputs.size
    # The geometric mean of the sides, because the norm of noise grows with the root of the number of pixels.
    norm = options.norm or _SHARE * sqrt(size.pixels)
    # Waves that are their own mirror image are counted once, all others by pairs.
    alone = prod(1 if side % 2 else 2 for side in size)
    waves = (size.pixels + alone) // 2
    print(f"norm {norm:g}; {waves:,} waves of each of {counted(len(images), 'image')}")
    heat = srop.fourier_heatmap(measured.network, images, classes, norm=norm, **keywords)
    rows, columns = torch.meshgrid(*(torch.arange(side) - side // 2 for side in size), indexing="ij")
    columns = {"u": rows, "v": columns, "error": heat.error, "change": heat.change}
    table = pd.DataFrame({name: values.flatten().numpy() for name, values in columns.items()})
    longer = size.longer
    radius = ((table["u"] * (longer / size.rows)) ** 2 + (table["v"] * (longer / size.columns)) ** 2) ** 0.5
    bands = pd.cut(radius, [0, *(longer / 2 * share for share in (0.125, 0.25, 0.5, 0.75, 1.0, 1.5))], right=False)
    rows = table.groupby(bands, observed=True)[["error", "change"]].mean().round(4)
    rows.insert(0, "rings", [f"{band.left:.0f} to {band.right:.0f}" for band in rows.index])
    print(as_text(rows))
    print(
        "Error is the share of images whose class is not their label while a wave of that frequency is added (without "
        f"a wave {wrong:.2f}); change is the mean change of the label's logit."
    )
    return table, srop.plot_heatmap(heat, title=measured.title), {"norm": norm, "seed": options.seed}


def _frequencies(
    options: argparse.Namespace, measured: MeasuredNetwork, images: Tensor, classes: Tensor, keywords: dict[str, Any]
) -> tuple[pd.DataFrame, Any, dict[str, Any]]:
    method = {"transform": options.transform, "baseline": options.baseline}
    scores = srop.occluded_frequency(measured.network, images, classes, **method, **keywords)
    shares = srop.positive_shares(scores)
    count = scores.shape[1]
    table = pd.DataFrame(
        {
            "image": torch.arange(len(scores)).repeat_interleave(count).numpy(),
            "label": classes.cpu().repeat_interleave(count).numpy(),
            "frequency": torch.arange(count).repeat(len(scores)).numpy(),
            "score": scores.flatten().numpy(),
        }
    )
    edges = sorted({round(count * part / 8) for part in range(9)})
    rows = [
        {
            "frequencies": f"{low} to {high - 1}",
            "share": round(shares[low:high].sum().item(), 4),
            "even": round((high - low) / count, 4),
        }
        for low, high in pairwise(edges)
    ]
    print(as_text(pd.DataFrame(rows)))
    kind = "shells of a DCT" if options.transform == "dct" else "rings of a DFT"
    print(
        f"Frequencies are {kind}. When a frequency is taken out of an image, the logit of the image's class falls or "
        "rises; a share is that of frequencies in the sum of all falls. Even: their share if all frequencies had one "
        "share."
    )
    return table, srop.plot_frequencies(scores, title=measured.title), {**method, "seed": options.seed}


def _bands(
    options: argparse.Namespace, measured: MeasuredNetwork, images: Tensor, classes: Tensor, keywords: dict[str, Any]
) -> tuple[pd.DataFrame, Any, dict[str, Any]]:
    norm = options.norm or _SHARE * (sqrt(images[0].numel()) if options.norm_of == "l2" else 1)
    names = ("norm_of", "width", "bands", "distribution", "gray", "space", "clip", "draws")
    method = {"norm": norm, **{name: getattr(options, name) for name in names}}
    table = srop.band_accuracy(measured.network, images, classes, **method, **keywords)
    shown = table[["center", "components", "accuracy", "fall", "lower", "upper", "rms"]].round(4)
    print(as_text(shown))
    print(
        f"Noise of one band, {options.width:g} wide, is added to each image. The center of a band is in units of pi "
        f"per pixel: 1 is half a cycle per pixel. Accuracy without noise is {table['clean'].max():.2f}; lower and "
        "upper are ends of the interval of 95 % of its fall, over images; rms is the root mean square of what was "
        "added."
    )
    return table, srop.plot_bands(table, title=measured.title), {**method, "seed": options.seed}


@torch.no_grad()
def _logits(measured: MeasuredNetwork, images: Tensor, normalize: Callable[[Tensor], Tensor], batch: int) -> Tensor:
    parts = []
    with visiting(measured.network):
        for part in images.split(batch):
            answers = forward(measured.network, normalize(part.clone()))
            require_logits(measured.spec.name, answers, len(part))
            parts.append(answers)
    return torch.cat(parts)


class _Labels:
    """The labels of images: predicted by the network, from the names of folders, or from a file."""

    def __init__(self, which: str, photos: Photos) -> None:
        self._which, self._names = which, []
        self._numbers: list[int] | None = None
        if which == "folders":
            self._read_folders(photos)
        elif which != "predicted":
            self._read_file(Path(which).expanduser(), photos)

    def _read_folders(self, photos: Photos) -> None:
        folders = [photos.name(each.file).split("/")[:-1] for each in photos.pictures]
        if not all(folders):
            alone = next(each.file for each, parts in zip(photos.pictures, folders, strict=True) if not parts)
            raise ValueError(
                f"--labels folders: {alone} lies in no subfolder; put each image into a subfolder named after its class"
            )
        classes = [parts[0] for parts in folders]
        if all(name.isascii() and name.isdigit() for name in classes):
            self._numbers = list(map(int, classes))
            return
        self._names = sorted({photos.name(file).split("/")[0] for file in photos.contents.files})
        self._numbers = [self._names.index(name) for name in classes]

    def _read_file(self, file: Path, photos: Photos) -> None:
        if not file.is_file():
            raise FileNotFoundError(f"--labels {file}: there is no such file; give one, predicted, or folders")
        with file.open(newline="", encoding="utf-8-sig") as stream:  # Excel begins a file with a mark
            lines = [line for line in csv.reader(stream) if line]
        if wrong := [line for line in lines if len(line) != 2 or not line[1].strip().isdigit()]:
            raise ValueError(
                f"--labels {file}: the line {','.join(wrong[0])!r} is not the name of an image, a comma and a class; "
                "write classes as whole numbers from 0, and no header line"
            )
        classes: dict[str, int] = {}
        for name, number in ((name.strip(), int(number)) for name, number in lines):
            if classes.setdefault(name, number) != number:
                raise ValueError(
                    f"--labels {file}: {name} has two classes, {classes[name]} and {number}; leave one line of them"
                )
        names = [photos.name(each.file) for each in photos.pictures]
        if missing := [name for name in names if name not in classes]:
            raise ValueError(
                f"--labels {file}: {counted(len(missing), 'image')} without a line, such as {missing[0]}; add them, as "
                f"'{missing[0]},0'"
            )
        self._numbers = [classes[name] for name in names]

    def classes(self, answers: Tensor) -> Tensor:
        """Give the class of each image."""
        count = answers.shape[1]
        if self._numbers is None:
            return answers.argmax(dim=1)
        if self._names and len(self._names) != count:
            raise ValueError(
                f"--labels folders: there are {len(self._names)} subfolders ({', '.join(self._names[:3])}, ...) and "
                f"{count} classes; name them by the numbers of their classes, or give --labels predicted or a FILE"
            )
        if max(self._numbers) >= count:
            raise ValueError(
                f"--labels {self._which}: they reach {max(self._numbers)}, and the classes are 0 to {count - 1}; give "
                "labels of these classes"
            )
        return torch.tensor(self._numbers)

    def agreement(self, right: int, count: int) -> str:
        """Say how many labels are the network's predictions, which says something of labels of another source only."""
        if self._numbers is None:
            return ""
        return f"; the network predicts the label of {right} of {counted(count, 'image')}"

    def description(self) -> str:
        """Describe the source of the labels."""
        if self._numbers is None:
            return "the class that the network predicts for each image"
        if self._which == "folders":
            numbered = ", ".join(f"{name} = {number}" for number, name in enumerate(self._names[:3]))
            more = ", ..." if len(self._names) > 3 else ""
            return f"the names of folders{f', sorted: {numbered}{more}' if self._names else ', as numbers'}"
        return f"from {self._which}"
