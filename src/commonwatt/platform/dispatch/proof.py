"""Whether an answer is the optimum it claims to be: nobody has to trust the child.

A linear programme carries its own certificate: a point within all bounds and rows, and duals whose
bound on the objective meets the point's cost (strong duality).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.lp import Lp

_FEASIBLE = 1e-5
_GAP = 1e-5


def require_optimal(lp: Lp, answer: dict[str, Any]) -> None:
    """Return if `answer` solves `lp`.

    Raises:
        NoPlan: says what is wrong with it.
    """
    x, dual = (
        _vector(answer.get(k), n) for k, n in (("x", lp.cost.size), ("dual", lp.row_low.size))
    )
    for what, value, low, high in (
        ("bounds", x, lp.col_low, lp.col_high),
        ("rows", lp.matrix @ x, lp.row_low, lp.row_high),
    ):
        size = 1 + np.abs(value)
        if np.any(value < low - _FEASIBLE * size) or np.any(value > high + _FEASIBLE * size):
            msg = f"the solver's answer is wrong: it breaks the {what} of the problem"
            raise NoPlan(msg)
    cost = float(lp.cost @ x)
    if not abs(cost - float(answer.get("objective", np.nan))) <= _GAP * (1 + abs(cost)):
        msg = "the solver's answer is wrong: it does not cost what it says"
        raise NoPlan(msg)
    if not abs(cost - dual_bound(lp, x, dual)) <= _GAP * (1 + abs(cost)):
        msg = "the solver's answer is wrong: its prices do not prove it optimal"
        raise NoPlan(msg)


def dual_bound(lp: Lp, x: F, dual: F) -> float:
    """Lower bound on the objective that the row prices `dual` prove; NaN where they prove none."""
    reduced = lp.cost - lp.matrix.T @ dual
    total = 0.0
    for price, value, low, high in (
        (reduced, x, lp.col_low, lp.col_high),
        (dual, lp.matrix @ x, lp.row_low, lp.row_high),
    ):
        bound = np.where(price > 0, low, high)
        open_ended = ~np.isfinite(bound)
        if np.any(np.abs(price[open_ended]) > _GAP):
            return float("nan")
        total += float(np.sum(price * np.where(open_ended, value, bound)))
    return total


def _vector(value: object, size: int) -> F:
    if isinstance(value, np.ndarray) and value.shape == (size,) and value.dtype == np.float64:
        checked: F = value
        if np.isfinite(checked).all():
            return checked
    msg = "the solver's answer is wrong: it is not a list of as many numbers as were asked for"
    raise NoPlan(msg)
