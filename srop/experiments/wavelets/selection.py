"""Which coefficients tell images apart: rank-revealing QR, and Laplacian scores."""

from collections.abc import Iterable

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array
from scipy.sparse.csgraph import laplacian
from sklearn.neighbors import kneighbors_graph

_EXACT = 10_000
"""Up to so many images neighbors are searched for exactly."""

_COLUMNS = 256


def triangular_factor(chunks: Iterable[np.ndarray]) -> np.ndarray:
    """Give the triangular factor R of a tall matrix that is read in chunks of rows.

    Its columns have the lengths and angles of the matrix's own, so that a pivoted QR of R chooses the same columns;
    memory is a chunk's and R's.

    Args:
        chunks: ``(rows, p)`` each.

    Returns:
        ``(min(n, p), p)``, float64, of n rows in all; the signs of its rows are free.
    """
    r = None
    for chunk in chunks:
        stacked = chunk.astype(np.float64) if r is None else np.concatenate([r, chunk])
        r = scipy.linalg.qr(stacked, mode="r", overwrite_a=True, check_finite=False)[0][: stacked.shape[1]]
    return r


def independent_columns(r: np.ndarray, condition: float) -> np.ndarray:
    """Choose columns by pivoted, rank-revealing QR, as many as keep the matrix well-conditioned.

    Args:
        r: What :func:`triangular_factor` gives, or the matrix itself, ``(rows, p)``.
        condition: The largest ratio of the first pivot to the last.

    Returns:
        Numbers of columns, the most independent first.

    Reference:
        Yousefzadeh and Huang 2020; 1e5 is from Yousefzadeh 2020 (arXiv 2002.10257). The ratio of pivots stands for the
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
        neighbors: Of each image, without itself; less than n.

    Returns:
        ``(n, n)``, sparse and symmetric: 1 where either is a neighbor of the other. Up to 10,000 images the neighbors
        are exact, beyond that approximate (NN-descent).
    """
    if len(coefficients) <= _EXACT:
        graph = kneighbors_graph(coefficients, neighbors, mode="connectivity")
    else:
        from pynndescent import NNDescent

        index = NNDescent(coefficients, n_neighbors=neighbors + 1, random_state=0, n_jobs=1)
        found = index.neighbor_graph[0]
        # An image need not be its own first neighbor where others equal it, and -1 is none.
        others = (found != np.arange(len(found))[:, None]) & (found >= 0)
        others &= others.cumsum(axis=1) <= neighbors
        rows = np.nonzero(others)[0]
        graph = csr_array((np.ones(len(rows)), (rows, found[others])), shape=(len(found),) * 2)
    return csr_array(graph.maximum(graph.T))


def laplacian_scores(coefficients: np.ndarray, graph: csr_array) -> np.ndarray:
    r"""Score coefficients by how smoothly they vary over a graph of images; low is smooth.

    .. math:: L = \tilde f^T (D - S) \tilde f / \tilde f^T D \tilde f, \quad \tilde f = f - (f^T D 1 / 1^T D 1) 1

    Args:
        coefficients: ``(n, p)``.
        graph: ``(n, n)``: S, symmetric.

    Returns:
        ``(p,)``; infinite where a coefficient is constant up to rounding in the type of the coefficients.

    Reference:
        He, Cai and Niyogi, Laplacian score for feature selection, NeurIPS 2005, with weights of 1.
    """
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    of_graph = laplacian(graph)
    scores = np.empty(coefficients.shape[1])
    # What rounding leaves of a constant, as a share of the largest coefficient.
    rounding = max(8 * np.finfo(coefficients.dtype).eps, 1e-10)
    spread_of_none = degrees.sum() * ((rounding * np.abs(coefficients).max()) ** 2 + 1e-320)
    for start in range(0, len(scores), _COLUMNS):
        f = coefficients[:, start : start + _COLUMNS].astype(np.float64)
        f -= degrees @ f / degrees.sum()
        spread = degrees @ f**2
        rough = (f * (of_graph @ f)).sum(axis=0)
        flat = spread <= spread_of_none
        scores[start : start + _COLUMNS] = np.where(flat, np.inf, rough / np.where(flat, 1, spread))
    return scores
