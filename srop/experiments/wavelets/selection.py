"""Selection of coefficients that tell images apart: rank-revealing QR, and Laplacian scores."""

from collections.abc import Iterable

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array
from scipy.sparse.csgraph import laplacian
from sklearn.neighbors import kneighbors_graph

_EXACT_SEARCH = 10_000
"""The search for neighbors is exact up to this number of images."""

_COLUMN_CHUNK = 256


def triangular_factor(chunks: Iterable[np.ndarray]) -> np.ndarray:
    """Compute the triangular factor R of a tall matrix that is read in chunks of rows.

    The columns of R have the same lengths and angles as those of the matrix, so a pivoted QR selects the same columns.
    Only one chunk and R are in memory.

    Args:
        chunks: Chunks of rows, ``(rows, p)`` each.

    Returns:
        ``(min(n, p), p)``, float64, for n rows in all; the signs of its rows are arbitrary.
    """
    r = None
    for chunk in chunks:
        stacked = chunk.astype(np.float64) if r is None else np.concatenate([r, chunk])
        r = scipy.linalg.qr(stacked, mode="r", overwrite_a=True, check_finite=False)[0][: stacked.shape[1]]
    return r


def independent_columns(r: np.ndarray, condition: float) -> np.ndarray:
    """Select as many columns by pivoted, rank-revealing QR as keep the matrix well-conditioned.

    Args:
        r: The result of :func:`triangular_factor`, or the matrix itself, ``(rows, p)``.
        condition: The largest ratio of the first pivot to the last.

    Returns:
        Indices of columns, the most independent one first.

    Reference:
        Yousefzadeh and Huang 2020; Yousefzadeh 2020 (arXiv 2002.10257) names 1e5. The ratio of pivots estimates the
        condition number.

    Example:
        >>> independent_columns(np.array([[1.0, 0.0, 2.0], [0.0, 1e-9, 0.0]]), 1e5).tolist()
        [2]
    """
    factor, order = scipy.linalg.qr(r, mode="r", pivoting=True)
    pivots = np.abs(np.diag(factor))
    return order[: len(pivots)][pivots * condition >= max(pivots[0], np.finfo(float).tiny)]


def neighbor_graph(coefficients: np.ndarray, neighbors: int) -> csr_array:
    """Connect each image with its nearest neighbors.

    Args:
        coefficients: ``(n, p)``.
        neighbors: How many neighbors each image has besides itself; less than n.

    Returns:
        ``(n, n)``, sparse and symmetric: 1 if either image is a neighbor of the other. The neighbors are exact up to
        10,000 images, and approximate for more (NN-descent).
    """
    if len(coefficients) <= _EXACT_SEARCH:
        graph = kneighbors_graph(coefficients, neighbors, mode="connectivity")
    else:
        from pynndescent import NNDescent

        index = NNDescent(coefficients, n_neighbors=neighbors + 1, random_state=0, n_jobs=1)
        nearest = index.neighbor_graph[0]
        # An image need not be its own first neighbor if others equal it, and -1 marks a missing neighbor.
        others = (nearest != np.arange(len(nearest))[:, None]) & (nearest >= 0)
        others &= others.cumsum(axis=1) <= neighbors
        rows = np.nonzero(others)[0]
        graph = csr_array((np.ones(len(rows)), (rows, nearest[others])), shape=(len(nearest),) * 2)
    return csr_array(graph.maximum(graph.T))


def laplacian_scores(coefficients: np.ndarray, graph: csr_array) -> np.ndarray:
    r"""Score how smoothly coefficients vary over a graph of images; low scores are smooth.

    .. math:: L = \tilde f^T (D - S) \tilde f / \tilde f^T D \tilde f, \quad \tilde f = f - (f^T D 1 / 1^T D 1) 1

    Args:
        coefficients: ``(n, p)``.
        graph: The weights S ``(n, n)``, symmetric.

    Returns:
        ``(p,)``; infinite if a coefficient is constant up to rounding in its type.

    Reference:
        He, Cai and Niyogi, Laplacian score for feature selection, NeurIPS 2005, with weights of 1.
    """
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    graph_laplacian = laplacian(graph)
    scores = np.empty(coefficients.shape[1])
    # Rounding may change a constant by this share of the largest coefficient.
    rounding = max(8 * np.finfo(coefficients.dtype).eps, 1e-10)
    constant_spread = degrees.sum() * ((rounding * np.abs(coefficients).max()) ** 2 + 1e-320)
    for start in range(0, len(scores), _COLUMN_CHUNK):
        f = coefficients[:, start : start + _COLUMN_CHUNK].astype(np.float64)
        f -= degrees @ f / degrees.sum()
        spread = degrees @ f**2
        rough = (f * (graph_laplacian @ f)).sum(axis=0)
        flat = spread <= constant_spread
        scores[start : start + _COLUMN_CHUNK] = np.where(flat, np.inf, rough / np.where(flat, 1, spread))
    return scores
