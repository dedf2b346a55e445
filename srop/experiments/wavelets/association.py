"""Clusters of images, and how they go with classes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, identity
from scipy.sparse.csgraph import connected_components, laplacian
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix
from tqdm import tqdm

from srop.data.labeled import LabeledImages
from srop.experiments.wavelets.coefficients import wavelet_coefficients
from srop.experiments.wavelets.selection import (
    independent_columns,
    laplacian_scores,
    neighbor_graph,
    triangular_factor,
)

_CHUNK = 5_000

_STARTS, _FEW = 10, 50
"""Few clusters hang on where k-means starts, and many would take long."""


_WHOLE = 20
"""Lanczos' method takes a space of at least so many dimensions; matrices that small are solved whole."""

_EQUAL = 1e-10
"""Eigenvalues that lie no further apart are equal up to rounding."""


class Associations(NamedTuple):
    """What :func:`associations` gives.

    Attributes:
        association: What :func:`association` gives, with ``selection`` and ``subset`` (-1: all images).
        spectrum: Eigenvalues of all images' graphs: ``selection``, ``number``, ``eigenvalue``.
        selection: ``selection``, ``coefficients`` (how many), ``shared`` (of those that Laplacian scores choose).
    """

    association: pd.DataFrame
    spectrum: pd.DataFrame
    selection: pd.DataFrame


def spectrum_of(graph: csr_array, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the least eigenvalues and eigenvectors of a graph's normalized Laplacian, as often as they repeat.

    Each connected piece is computed for itself, since a graph has as many eigenvalues of 0 as pieces.

    Args:
        graph: ``(n, n)``, symmetric, weights not negative. An image without a neighbor is a piece of its own.
        count: How many, at most n.

    Returns:
        Eigenvalues ``(count,)``, rising from 0, and orthonormal eigenvectors ``(n, count)``. A gap after the k-th
        speaks for k groups. With more pieces than ``count``, the largest have their eigenvalue of 0.

    Raises:
        ValueError: If there are not so many.

    Example:
        >>> two_pairs = csr_array(np.kron(np.eye(2), [[0, 1], [1, 0]]))
        >>> spectrum_of(two_pairs, 3)[0].round(6).tolist()
        [0.0, 0.0, 2.0]
    """
    images = graph.shape[0]
    if not 1 <= count <= images:
        raise ValueError(f"{count} eigenvectors: a graph of {images} images has 1 to {images}")
    graph = csr_array(graph, dtype=np.float64, copy=True)
    graph.eliminate_zeros()
    # The largest of 2 - L converge without an inverse, which a large graph would fill.
    turned = csr_array(2 * identity(images) - laplacian(graph, normed=True))
    pieces, piece_of = connected_components(graph, directed=False)
    if pieces == 1:
        values, vectors = _largest(turned, count)
        return 2 - values, vectors
    every, parts = [], []
    for piece in np.argsort(-np.bincount(piece_of), kind="stable"):
        members = np.flatnonzero(piece_of == piece)
        values, vectors = _largest(turned[members][:, members], min(count, len(members)))
        values[0] = 2
        every.append(values)
        parts += [(members, vector) for vector in vectors.T]
    values = np.concatenate(every)
    order = np.argsort(-values, kind="stable")[:count]
    eigenvectors = np.zeros((images, count))
    for place, number in enumerate(order):
        members, vector = parts[number]
        eigenvectors[members, place] = vector
    return 2 - values[order], eigenvectors


def _largest(matrix: csr_array, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the largest eigenvalues, falling, and eigenvectors of a symmetric matrix that has none below 0."""
    size = matrix.shape[0]
    if size <= max(2 * count + 1, _WHOLE):
        values, vectors = np.linalg.eigh(matrix.toarray())
        return values[::-1][:count].copy(), vectors[:, ::-1][:, :count]
    generator = np.random.default_rng(0)
    values, vectors = _one_of_each(matrix, np.zeros((size, 0)), count, generator)
    # Others of a repeated eigenvalue lie in what is orthogonal to the vectors that are known.
    while True:
        more, others = _one_of_each(matrix, vectors, count, generator)
        missed = more > values.min() + _EQUAL
        if not missed.any():
            break
        values, vectors = np.append(values, more[missed]), np.hstack([vectors, others[:, missed]])
        kept = np.argsort(-values, kind="stable")[:count]
        values, vectors = values[kept], vectors[:, kept]
    order = np.argsort(-values, kind="stable")
    return values[order], vectors[:, order]


def _one_of_each(
    matrix: csr_array, known: np.ndarray, count: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Give the largest eigenvalues and eigenvectors orthogonal to those known; one start sees a repeated one once."""

    def without(x: np.ndarray) -> np.ndarray:
        return x - known @ (known.T @ x)

    start = without(generator.standard_normal(len(known)))
    rest = LinearOperator(matrix.shape, matvec=lambda x: without(matrix @ without(x)), dtype=np.float64)
    return eigsh(rest, k=count, which="LA", v0=start)


def clustered(vectors: np.ndarray, clusters: int) -> np.ndarray:
    """Cluster images by k-means on the rows of a graph's eigenvectors, each of unit length.

    Args:
        vectors: ``(n, count)``.
        clusters: How many, at most n.

    Returns:
        The cluster of each image ``(n,)``.

    Reference:
        Ng, Jordan and Weiss, On spectral clustering, NeurIPS 2001, with a fixed number of eigenvectors.
    """
    rows = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(float).tiny)
    starts = _STARTS if clusters <= _FEW else 1
    return KMeans(clusters, n_init=starts, max_iter=50, random_state=0).fit_predict(rows)


def purity(classes: np.ndarray, clusters: np.ndarray) -> float:
    """Give the share of images that are of their cluster's commonest class; near 1 for many small clusters."""
    return contingency_matrix(classes, clusters).max(axis=0).sum() / len(classes)


def association(vectors: np.ndarray, classes: np.ndarray, clusters: Sequence[int], permutations: int) -> pd.DataFrame:
    """Say how clusters go with classes, over the number of clusters, and with permuted classes.

    Args:
        vectors: As for :func:`clustered`.
        classes: Of each image ``(n,)``.
        clusters: Numbers of clusters.
        permutations: How often the classes are permuted.

    Returns:
        A row per number of clusters: ``clusters``; ``classes`` and ``images``, how many there are; ``ami`` (adjusted
        mutual information: 0 by chance, 1 if they are the same) and ``purity``; over the permutations
        ``permuted_ami``, ``permuted_ami_largest`` and ``permuted_purity``.

    Reference:
        Yousefzadeh and Huang 2020 associates patterns with classes; the score is ours.
    """
    generator = np.random.default_rng(0)
    orders = [generator.permutation(classes) for _ in range(permutations)]
    rows = []
    for count in clusters:
        found = clustered(vectors, count)
        permuted = np.array([adjusted_mutual_info_score(order, found) for order in orders])
        rows.append(
            {
                "clusters": count,
                "classes": len(np.unique(classes)),
                "images": len(classes),
                "ami": adjusted_mutual_info_score(classes, found),
                "purity": purity(classes, found),
                "permuted_ami": permuted.mean(),
                "permuted_ami_largest": permuted.max(),
                "permuted_purity": np.mean([purity(order, found) for order in orders]),
            }
        )
    return pd.DataFrame(rows)


def associations(
    data: LabeledImages,
    *,
    wavelet: str,
    coefficients: int,
    condition: float,
    neighbors: int,
    eigenvectors: int,
    clusters: Sequence[int],
    permutations: int,
    subsets: int,
) -> Associations:
    """Choose coefficients in each way, connect the images by them, cluster them, and compare with their classes.

    Args:
        data: The images.
        wavelet: Of :func:`srop.experiments.wavelets.coefficients.wavelet_coefficients`, at one level.
        coefficients: How many of the lowest Laplacian scores are taken.
        condition: Of :func:`srop.experiments.wavelets.selection.independent_columns`.
        neighbors: Of each image.
        eigenvectors: On which images are clustered.
        clusters: Numbers of clusters; of a set of n images those up to n / 2.
        permutations: Of the classes of all images.
        subsets: Into so many disjoint parts the images are parted by chance, and each is clustered for itself. With
            one, all images are that part.

    Returns:
        Tables, for ``selection`` ``"laplacian"``, ``"qr"`` and ``"all"`` coefficients.

    Raises:
        ValueError: If there are too few images for so many neighbors, eigenvectors or clusters, or all are alike.
    """
    if len(data.labels) // subsets <= max(neighbors, eigenvectors):
        raise ValueError(
            f"{len(data.labels)} images in {subsets} subsets are too few for {neighbors} neighbors and {eigenvectors} "
            "eigenvectors; take fewer subsets or more images"
        )
    if min(clusters) > len(data.labels) // subsets // 2:
        raise ValueError(
            f"{len(data.labels)} images in {subsets} subsets are too few for {min(clusters)} clusters of two or more; "
            "take fewer clusters, fewer subsets or more images"
        )
    parts = [
        wavelet_coefficients(images.float() / 255, wavelet=wavelet, level=1).flatten(1).numpy()
        for images in data.images.split(_CHUNK)
    ]
    table, classes = np.concatenate(parts), data.labels.numpy()
    del parts
    if not np.ptp(table, axis=0).any():
        raise ValueError("all images are alike, and nothing tells them apart")
    scores = laplacian_scores(table, neighbor_graph(table, neighbors))
    lowest = np.argsort(scores, kind="stable")[: min(coefficients, int(np.isfinite(scores).sum()))]
    chunks = (table[start : start + _CHUNK] for start in range(0, len(table), _CHUNK))
    chosen = {
        "laplacian": lowest,
        "qr": independent_columns(triangular_factor(chunks), condition),
        "all": np.arange(table.shape[1]),
    }
    order = np.random.default_rng(0).permutation(len(table))
    rows, spectra = [], []
    for name, columns in tqdm(chosen.items(), desc="selections", leave=False, disable=None):
        for subset, members in enumerate([np.arange(len(table)), *np.array_split(order, subsets)], start=-1):
            values, vectors = spectrum_of(neighbor_graph(table[members][:, columns], neighbors), eigenvectors)
            fitting = [count for count in clusters if count <= len(members) // 2]
            found = association(vectors, classes[members], fitting, permutations)
            rows.append(found.assign(selection=name, subset=subset))
            if subset < 0:
                spectra.append(
                    pd.DataFrame({"selection": name, "number": range(1, len(values) + 1), "eigenvalue": values})
                )
    shared = [len(np.intersect1d(lowest, columns)) for columns in chosen.values()]
    counts = [len(columns) for columns in chosen.values()]
    selection = pd.DataFrame({"selection": list(chosen), "coefficients": counts, "shared": shared})
    return Associations(pd.concat(rows, ignore_index=True), pd.concat(spectra, ignore_index=True), selection)
