"""Ridge regression of many series on shared columns at once, each with its own gaps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from commonwatt.kernel.units import F

PENALTY = 0.003


def moments(matrix: F, weighted: F, weight: F, cuts: list[int]) -> tuple[F, F]:
    """Normal equations accumulated up to each cut, so that refits on a growing past are free.

    Args:
        matrix: (K,P) columns.
        weighted: (K,N) series times their weight.
        weight: (K,N), 0 where missing.
        cuts: B row counts, rising.

    Returns:
        (B,N,P,P) of XᵀWX and (B,N,P) of XᵀWy over the rows before each cut.
    """
    size = matrix.shape[1]
    row, column = np.triu_indices(size)
    products = matrix[:, row] * matrix[:, column]
    edges = [0, *cuts]
    spans = [slice(a, b) for a, b in pairwise(edges)]
    packed = np.cumsum([weight[s].T @ products[s] for s in spans], axis=0)
    square = np.empty((*packed.shape[:2], size, size))
    square[..., row, column] = packed
    square[..., column, row] = packed
    right = np.cumsum([weighted[s].T @ matrix[s] for s in spans], axis=0)
    return square, right


def coefficients(square: F, right: F, penalty: float = PENALTY) -> F:
    """(..., P) ridge solutions of normal equations `square` (..., P,P) and `right` (..., P).

    The penalty is relative to each column's own weight, so units do not matter.

    >>> x = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> square, right = moments(x, np.array([[1.0], [3.0], [5.0]]), np.ones((3, 1)), [3])
    >>> np.round(coefficients(square, right, 0.0)[0, 0], 6).tolist()
    [1.0, 2.0]
    """
    own = np.einsum("...pp->...p", square)
    size = square.shape[-1]
    floor = 1e-9 * (1 + own.max(axis=-1, keepdims=True))
    loaded = square + np.eye(size) * (penalty * own + floor)[..., None, :]
    solved: F = np.linalg.solve(loaded, right[..., None])[..., 0]
    return solved
