"""The section ``wavelets`` of the configuration."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from srop.data.catalogue import data_set
from srop.data.limits import labeled_count
from srop.experiments.wavelets.orthogonal import is_orthogonal, orthogonal_wavelets
from srop.pipeline.keys import Count, Distinct, Keys, Seed, Share, key, source_for
from srop.pipeline.ranges import Requirement


def _orthogonal(name: str) -> str:
    if not is_orthogonal(name):
        raise ValueError(f"it must be an orthogonal wavelet of PyWavelets: {orthogonal_wavelets()}")
    return name


class LabeledData(Keys):
    """Which data set."""

    source: source_for("labeled") = key("whose patterns; of `mnist` and `cifar10` the training set")
    count: Count | None = key("how many images, evenly spaced; null takes all")
    folder: str | None = key("for `source=folder`: a folder with a folder of images for each class")
    size: int = key("for `source=folder`: size of the images after resizing")

    def rules(self) -> Iterator[Requirement]:
        if self.source == "folder":
            yield "folder", bool(self.folder), "give a folder with a folder of images for each class"
            yield "folder", not self.folder or Path(self.folder).expanduser().is_dir(), "there is no such folder"
        else:
            most = labeled_count(self.source)
            yield "count", self.count is None or self.count <= most, f"{self.source} has {most:,} images"
            yield "folder", self.folder is None, "it goes with source=folder, and only with it"


class Learning(Keys):
    """How classifiers learn true and permuted labels."""

    images: Count = key("images to learn true and permuted labels, and as many to test")
    epochs: Count = key("passes over these images; optimizer and rate are those of `digits.training`")
    network_images: Count = key("images that the digit network learns")
    network_epochs: Count = key("passes of the digit network over them")
    batch_size: Count = key("images in a step")
    ranks: Distinct[Count] = key("numbers of patterns; the digit network learns the last alone")
    seeds: Distinct[Seed] = key("a training for each")


class Section(Keys):
    """Patterns of image data sets."""

    data: LabeledData
    wavelet: Annotated[str, AfterValidator(_orthogonal)] = key("an orthogonal wavelet of PyWavelets")
    levels: Distinct[Count] = key("levels at which patterns are counted; all else is at the first level")
    shares: Distinct[Share] = key("shares of an image's energy that its patterns hold")
    coefficients: Count = key("how many coefficients, of the lowest Laplacian scores")
    condition: float = key("largest ratio of the first pivot to the last that pivoted QR takes", gt=1)
    neighbors: Count = key("neighbors of each image in the graph")
    eigenvectors: Count = key("eigenvectors of the graph's Laplacian, on which images are clustered")
    clusters: Distinct[Count] = key("numbers of clusters, at most half the images")
    permutations: Count = key("permutations of the classes")
    subsets: Count = key("disjoint parts of the images, which are the claims' replicates")
    ranks: Distinct[Count] = key("patterns of the digits on which trained digit networks are tested")
    learning: Learning

    def rules(self) -> Iterator[Requirement]:
        data, learning = self.data, self.learning
        if data.source == "folder":
            fits = data.size >= 4 and _halve(data.size, self.levels)
            yield "data.size", fits, "it is at least 4, and wavelets.levels halve it without a remainder"
            return
        count = labeled_count(data.source) if data.count is None else data.count
        fits = 2 * max(learning.images, learning.network_images) <= count
        yield "learning.images", fits, f"as many are tested, and there are {count:,} images"
        part = count // self.subsets
        fits = part > max(self.neighbors, self.eigenvectors)
        yield "subsets", fits, f"they leave {part:,} images each, too few for neighbors or eigenvectors"
        yield "clusters", min(self.clusters) <= part // 2, f"there are {part:,} images in a subset"
        side = data_set("labeled", data.source).size
        yield "levels", _halve(side, self.levels), f"they halve {side} pixels"


def _halve(side: int, levels: Iterable[int]) -> bool:
    return all(level <= side.bit_length() and side % 2**level == 0 for level in levels)
