"""Compilation by numba, typed so that callers see the Python function they wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

TABLE = numba.types.Array(numba.float64, 2, "A", readonly=True)
"""Any (N,T) table of floats: contiguous, strided or broadcast; one compilation serves all."""
FLOATS = numba.types.Array(numba.float64, 1, "A", readonly=True)
INTS = numba.types.Array(numba.int64, 1, "A", readonly=True)
BOOLS = numba.types.Array(numba.boolean, 1, "C")
"""(N,) flags to fill."""
INT_TABLE = numba.types.Array(numba.int64, 2, "A", readonly=True)
CUBE = numba.types.Array(numba.float64, 3, "A", readonly=True)
OUT = numba.types.Array(numba.float64, 1, "C")
OUT_TABLE = numba.types.Array(numba.float64, 2, "C")


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """`function` as machine code for use inside other compiled functions."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True)(function))


def lean(function: Callable[P, R]) -> Callable[P, R]:
    """Likewise, for one that allocates nothing: there are no references to count then.

    Counting takes four fifths of the time of a dynamic programme that hands the same few arrays to
    small functions a thousand times.
    """
    options: dict[str, Any] = {"forceinline": True, "_nrt": False}
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, **options)(function))


def parallel(function: Callable[P, R], *types: Any) -> Callable[P, R]:
    """`function` compiled for exactly these argument types, its `prange` over all threads."""
    code = numba.njit(numba.void(*types), parallel=True, cache=True, nogil=True)(function)
    return cast("Callable[P, R]", code)
