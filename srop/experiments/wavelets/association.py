"""Clusters of images, and their association with classes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, identity
from scipy.sparse.csgraph import connected_components, laplacian
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh
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

_KMEANS_STARTS, _FEW_CLUSTERS = 10, 50
"""Starts of k-means up to so many clusters: their result depends on the start. More clusters take long: one start."""


_DENSE_SIZE = 20
"""Lanczos' method needs a space of at least this many dimensions; smaller matrices are solved as dense ones."""

_EQUAL_EIGENVALUES = 1e-10
"""Eigenvalues that differ by no more are equal up to rounding."""


class Associations(NamedTuple):
    """The tables that :func:`associations` returns.

    Attributes:
        association: The rows of :func:`association` with ``selection`` and ``subset`` (-1: all images).
        spectrum: The eigenvalues of the graphs of all images: ``selection``, ``number``, ``eigenvalue``.
        selection: ``selection``, ``coefficients`` (how many), and ``shared``: how many of these the Laplacian scores
            select, too.
    """

    association: pd.DataFrame
    spectrum: pd.DataFrame
    selection: pd.DataFrame


def laplacian_spectrum(graph: csr_array, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute the smallest eigenvalues of a graph's normalized Laplacian, with their multiplicity, and eigenvectors.

    Each connected component is computed by itself, since a graph has one eigenvalue of 0 for each component.

    Args:
        graph: ``(n, n)``, symmetric, weights not negative. An image without a neighbor is a component of its own.
        count: How many eigenvalues, at most n.

    Returns:
        Eigenvalues ``(count,)``, rising from 0, and orthonormal eigenvectors ``(n, count)``. A gap after the k-th
        eigenvalue indicates k groups. If there are more than ``count`` components, the zeros are those of the largest
        components.

    Raises:
        ValueError: If ``count`` is not between 1 and n.

    Example:
        >>> two_pairs = csr_array(np.kron(np.eye(2), [[0, 1], [1, 0]]))
        >>> laplacian_spectrum(two_pairs, 3)[0].round(6).tolist()
        [0.0, 0.0, 2.0]
    """
    images = graph.shape[0]
    if not 1 <= count <= images:
        raise ValueError(f"{count} eigenvectors: a graph of {images} images has 1 to {images}")
    graph = csr_array(graph, dtype=np.float64, copy=True)
    graph.eliminate_zeros()
    # The largest eigenvalues of 2 - L need no inverse of L, which would be dense for a large graph.
    flipped = csr_array(2 * identity(images) - laplacian(graph, normed=True))
    components, labels = connected_components(graph, directed=False)
    if components == 1:
        values, vectors = _largest(flipped, count)
        return 2 - values, vectors
    spectra, parts = [], []
    for component in np.argsort(-np.bincount(labels), kind="stable"):
        members = np.flatnonzero(labels == component)
        values, vectors = _largest(flipped[members][:, members], min(count, len(members)))
        values[0] = 2
        spectra.append(values)
        parts += [(members, vector) for vector in vectors.T]
    values = np.concatenate(spectra)
    order = np.argsort(-values, kind="stable")[:count]
    eigenvectors = np.zeros((images, count))
    for place, number in enumerate(order):
        members, vector = parts[number]
        eigenvectors[members, place] = vector
    return 2 - values[order], eigenvectors


def _largest(matrix: csr_array, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute the largest eigenvalues, falling, and eigenvectors of a positive semidefinite matrix."""
    if matrix.shape[0] > max(2 * count + 1, _DENSE_SIZE):
        try:
            return _largest_of_many(matrix, count)
        except ArpackError:
            # The iteration ends early where there are few distinct eigenvalues, and rounding decides whether it does.
            pass
    values, vectors = np.linalg.eigh(matrix.toarray())
    return values[::-1][:count].copy(), vectors[:, ::-1][:, :count]


def _largest_of_many(matrix: csr_array, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute them by an iteration that finds each repeated eigenvalue once, until no further one is as large."""
    size = matrix.shape[0]
    generator = np.random.default_rng(0)
    values, vectors = _one_of_each(matrix, np.zeros((size, 0)), count, generator)
    # A repeated eigenvalue has further eigenvectors, orthogonal to those that are known.
    while True:
        more, others = _one_of_each(matrix, vectors, count, generator)
        missed = more > values.min() + _EQUAL_EIGENVALUES
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
    """Compute the largest eigenvalues whose eigenvectors are orthogonal to the known ones, each repeated one once."""

    def projected(x: np.ndarray) -> np.ndarray:
        return x - known @ (known.T @ x)

    start = projected(generator.standard_normal(len(known)))
    complement = LinearOperator(matrix.shape, matvec=lambda x: projected(matrix @ projected(x)), dtype=np.float64)
    return eigsh(complement, k=count, which="LA", v0=start)


def cluster_images(vectors: np.ndarray, clusters: int) -> np.ndarray:
    """Cluster images by k-means on the rows of a graph's eigenvectors, each normalized to unit length.

    Args:
        vectors: ``(n, count)``.
        clusters: How many clusters, at most n.

    Returns:
        The cluster of each image ``(n,)``.

    Reference:
        Ng, Jordan and Weiss, On spectral clustering, NeurIPS 2001; here the number of eigenvectors is fixed.
    """
    rows = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(float).tiny)
    starts = _KMEANS_STARTS if clusters <= _FEW_CLUSTERS else 1
    return KMeans(clusters, n_init=starts, max_iter=50, random_state=0).fit_predict(rows)


def purity(classes: np.ndarray, clusters: np.ndarray) -> float:
    """Compute the share of images in the most frequent class of their cluster; near 1 for many small clusters."""
    return contingency_matrix(classes, clusters).max(axis=0).sum() / len(classes)


def association(vectors: np.ndarray, classes: np.ndarray, clusters: Sequence[int], permutations: int) -> pd.DataFrame:
    """Score how clusters agree with classes and with permuted classes, for each number of clusters.

    Args:
        vectors: As for :func:`cluster_images`.
        classes: The class of each image ``(n,)``.
        clusters: Numbers of clusters.
        permutations: How often the classes are permuted.

    Returns:
        A row per number of clusters: ``clusters``; ``classes`` and ``images``, how many there are; ``ami`` (adjusted
        mutual information: 0 by chance, 1 if clusters and classes are the same) and ``purity``; over the permutations
        ``permuted_ami`` (mean), ``permuted_ami_largest`` and ``permuted_purity`` (mean).

    Reference:
        Yousefzadeh and Huang 2020 associate patterns with classes; the score is ours.
    """
    generator = np.random.default_rng(0)
    orders = [generator.permutation(classes) for _ in range(permutations)]
    rows = []
    for count in clusters:
        labels = cluster_images(vectors, count)
        permuted = np.array([adjusted_mutual_info_score(order, labels) for order in orders])
        rows.append(
            {
                "clusters": count,
                "classes": len(np.unique(classes)),
                "images": len(classes),
                "ami": adjusted_mutual_info_score(classes, labels),
                "purity": purity(classes, labels),
                "permuted_ami": permuted.mean(),
                "permuted_ami_largest": permuted.max(),
                "permuted_purity": np.mean([purity(order, labels) for order in orders]),
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
    """Select coefficients in three ways, cluster the images by each selection, and compare clusters with classes.

    Args:
        data: The images.
        wavelet: As for :func:`srop.experiments.wavelets.coefficients.wavelet_coefficients`, at one level.
        coefficients: How many coefficients of the lowest Laplacian scores are selected.
        condition: As for :func:`srop.experiments.wavelets.selection.independent_columns`.
        neighbors: How many neighbors each image has in the graph.
        eigenvectors: How many eigenvectors of the graph's Laplacian the clustering uses.
        clusters: Numbers of clusters; a set of n images uses those up to n / 2.
        permutations: How often the classes are permuted.
        subsets: How many disjoint random subsets the images are split into; each is clustered by itself. A single
            subset holds all images.

    Returns:
        Tables for ``selection`` ``"laplacian"``, ``"qr"`` and ``"all"`` coefficients.

    Raises:
        ValueError: If there are too few images for the neighbors, eigenvectors or clusters, or all images are equal.
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
        raise ValueError("all images are equal, so they have no neighbors; give images that differ")
    scores = laplacian_scores(table, neighbor_graph(table, neighbors))
    lowest = np.argsort(scores, kind="stable")[: min(coefficients, int(np.isfinite(scores).sum()))]
    chunks = (table[start : start + _CHUNK] for start in range(0, len(table), _CHUNK))
    selections = {
        "laplacian": lowest,
        "qr": independent_columns(triangular_factor(chunks), condition),
        "all": np.arange(table.shape[1]),
    }
    order = np.random.default_rng(0).permutation(len(table))
    rows, spectra = [], []
    for name, columns in tqdm(selections.items(), desc="selections", leave=False, disable=None):
        for subset, members in enumerate([np.arange(len(table)), *np.array_split(order, subsets)], start=-1):
            values, vectors = laplacian_spectrum(neighbor_graph(table[members][:, columns], neighbors), eigenvectors)
            fitting = [count for count in clusters if count <= len(members) // 2]
            scored = association(vectors, classes[members], fitting, permutations)
            rows.append(scored.assign(selection=name, subset=subset))
            if subset < 0:
                spectra.append(
                    pd.DataFrame({"selection": name, "number": range(1, len(values) + 1), "eigenvalue": values})
                )
    shared = [len(np.intersect1d(lowest, columns)) for columns in selections.values()]
    counts = [len(columns) for columns in selections.values()]
    selection = pd.DataFrame({"selection": list(selections), "coefficients": counts, "shared": shared})
    return Associations(pd.concat(rows, ignore_index=True), pd.concat(spectra, ignore_index=True), selection)
