"""``srop heatmap`` and ``srop frequencies``: what a classifier leans on."""

import argparse
import csv
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

import srop
from srop.command.given import Given, Photos
from srop.command.loaded import Measured, pixels, prepare
from srop.command.written import shown, write
from srop.guest import visiting

_SHARE = 0.07
"""Norm of a wave by edge length: 15.7 at 224, as Yin et al. 2019 have it for ImageNet."""


def run(chosen: argparse.Namespace, given: Given) -> None:
    """Ask a classifier which frequencies of its images it leans on."""
    labels = _Labels(chosen.labels, given.photos)
    measured = prepare(chosen, given)
    taken = measured.taken
    images = pixels([each.file for each in given.photos.pictures], taken, chosen.white).to(measured.device) / 255
    center, spread = (torch.tensor(values, device=images.device).view(-1, 1, 1) for values in (taken.mean, taken.std))

    def normalize(images: Tensor) -> Tensor:
        return (images - center) / spread

    answers = _answers(measured, images, normalize, chosen.batch)
    classes = labels.classes(answers).to(images.device)
    right = int((answers.argmax(dim=1) == classes).sum())
    print(f"labels: {labels.said(answers.shape[1])}; {right} of {len(classes)} images are given theirs")
    measure = _heatmap if chosen.kind == "heatmap" else _frequencies
    options = {"normalize": normalize, "seed": chosen.seed, "batch_size": chosen.batch}
    table, figure, further = measure(chosen, measured, images, classes, options)
    names = [given.photos.name(each.file) for each in given.photos.pictures]
    further["labels"] = {"which": chosen.labels, "classes": dict(zip(names, classes.tolist(), strict=True))}
    table.insert(0, "origin", measured.origin)
    if "image" in table:
        table["image"] = [names[image] for image in table["image"]]
    write(chosen, given, measured, table, figure, further)


def _heatmap(
    chosen: argparse.Namespace, measured: Measured, images: Tensor, classes: Tensor, options: dict[str, Any]
) -> tuple[pd.DataFrame, Any, dict[str, Any]]:
    size = measured.taken.size
    norm = chosen.norm or _SHARE * size
    waves = (size * size + (1 if size % 2 else 4)) // 2
    print(f"norm {norm:g}; {waves:,} waves of each of {len(images):,} images")
    heat = srop.fourier_heatmap(measured.network, images, classes, norm=norm, **options)
    across = torch.arange(size) - size // 2
    rows, columns = torch.meshgrid(across, across, indexing="ij")
    columns = {"u": rows, "v": columns, "error": heat.error, "change": heat.change}
    table = pd.DataFrame({name: values.flatten().numpy() for name, values in columns.items()})
    radius = (table["u"] ** 2 + table["v"] ** 2) ** 0.5
    bands = pd.cut(radius, [0, *(size / 2 * share for share in (0.125, 0.25, 0.5, 0.75, 1.0, 1.5))], right=False)
    rows = table.groupby(bands, observed=True)[["error", "change"]].mean().round(4)
    rows.insert(0, "rings", [f"{band.left:.0f} to {band.right:.0f}" for band in rows.index])
    print(shown(rows))
    print(
        "Error is the share of images that are given another class with a wave of that frequency added; change, by how "
        "far the logit of their class moves."
    )
    return table, srop.plot_heatmap(heat, title=measured.title), {"norm": norm, "seed": chosen.seed}


def _frequencies(
    chosen: argparse.Namespace, measured: Measured, images: Tensor, classes: Tensor, options: dict[str, Any]
) -> tuple[pd.DataFrame, Any, dict[str, Any]]:
    ways = {"transform": chosen.transform, "baseline": chosen.baseline}
    scores = srop.occluded_frequency(measured.network, images, classes, **ways, **options)
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
        {"frequencies": f"{low} to {high - 1}", "share": round(shares[low:high].sum().item(), 4)}
        for low, high in pairwise(edges)
    ]
    print(shown(pd.DataFrame(rows)))
    kind = "shells of a DCT" if chosen.transform == "dct" else "rings of a DFT"
    print(
        f"Frequencies are {kind}. A share is of all that speaks for the images' classes: of the falls of their logits "
        "when a frequency is taken out."
    )
    return table, srop.plot_frequencies(scores, title=measured.title), {**ways, "seed": chosen.seed}


@torch.no_grad()
def _answers(measured: Measured, images: Tensor, normalize: Callable[[Tensor], Tensor], batch: int) -> Tensor:
    parts = []
    with visiting(measured.network):
        for part in images.split(batch):
            answers = measured.network(normalize(part.clone()))
            if not isinstance(answers, Tensor) or answers.ndim != 2:
                given = (
                    " x ".join(map(str, answers.shape))
                    if isinstance(answers, Tensor)
                    else f"a {type(answers).__name__}"
                )
                raise ValueError(
                    f"{measured.subject.name} gives {given}; give a classifier, whose logits are images x classes"
                )
            parts.append(answers)
    return torch.cat(parts)


class _Labels:
    """Classes of images: what the network says, the names of folders, or a file's."""

    def __init__(self, which: str, photos: Photos) -> None:
        self._which, self._names = which, []
        self._given: list[int] | None = None
        if which == "folders":
            self._of_folders(photos)
        elif which != "predicted":
            self._of_file(Path(which).expanduser(), photos)

    def _of_folders(self, photos: Photos) -> None:
        folders = [photos.name(each.file).split("/")[:-1] for each in photos.pictures]
        if not all(folders):
            alone = next(each.file for each, parts in zip(photos.pictures, folders, strict=True) if not parts)
            raise ValueError(f"--labels folders: {alone} lies in no subfolder; there is one for each class")
        classes = [parts[0] for parts in folders]
        if all(name.isascii() and name.isdigit() for name in classes):
            self._given = list(map(int, classes))
            return
        self._names = sorted({photos.name(file).split("/")[0] for file in photos.looked.files})
        self._given = [self._names.index(name) for name in classes]

    def _of_file(self, file: Path, photos: Photos) -> None:
        if not file.is_file():
            raise FileNotFoundError(f"--labels {file}: there is no such file; give one, predicted, or folders")
        with file.open(newline="", encoding="utf-8") as stream:
            lines = [line for line in csv.reader(stream) if line]
        if wrong := [line for line in lines if len(line) != 2 or not line[1].strip().isdigit()]:
            raise ValueError(
                f"--labels {file}: {','.join(wrong[0])!r} is not the name of an image, a comma and a class"
            )
        classes = {name.strip(): int(number) for name, number in lines}
        names = [photos.name(each.file) for each in photos.pictures]
        if missing := [name for name in names if name not in classes]:
            raise ValueError(f"--labels {file}: it has no line for {missing[0]}, nor for {len(missing) - 1} others")
        self._given = [classes[name] for name in names]

    def classes(self, answers: Tensor) -> Tensor:
        """Give the class of each image."""
        count = answers.shape[1]
        if self._given is None:
            return answers.argmax(dim=1)
        if self._names and len(self._names) != count:
            raise ValueError(
                f"--labels folders: there are {len(self._names)} subfolders ({', '.join(self._names[:3])}, ...) and "
                f"{count} classes; name them by the numbers of their classes, or give --labels predicted or a FILE"
            )
        if max(self._given) >= count:
            raise ValueError(
                f"--labels {self._which}: they reach {max(self._given)}, and the classes are 0 to {count - 1}"
            )
        return torch.tensor(self._given)

    def said(self, count: int) -> str:
        """Say whose labels these are."""
        if self._given is None:
            return "the class that the network predicts for each image"
        if self._which == "folders":
            numbered = ", ".join(f"{name} = {number}" for number, name in enumerate(self._names[:3]))
            more = ", ..." if len(self._names) > 3 else ""
            return f"the names of folders{f', sorted: {numbered}{more}' if self._names else ', as numbers'}"
        return f"of {self._which}"
