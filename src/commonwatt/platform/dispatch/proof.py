"""Whether an answer is the optimum it claims to be: nobody has to trust the child.

A linear programme carries its own certificate: a point within all bounds and rows, and duals whose
bound on the objective meets the point's cost (strong duality).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.lp import Lp

_FEASIBLE = 1e-5
_GAP = 1e-5


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is left of doubt about an optimum.

    Attributes:
        gap: of its cost over the bound that its prices prove, as a share of 1 € + its cost.
        bounds_off: how far a column lies outside its bounds at most, per unit of 1 + its value.
        rows_off: likewise of the rows.
    """

    gap: float
    bounds_off: float
    rows_off: float


def require_optimal(lp: Lp, answer: dict[str, Any]) -> Proof:
    """The proof that `answer` solves `lp`.

    Raises:
        NoPlan: says what is wrong with it.
    """
    x, dual = (
        _vector(answer.get(k), n) for k, n in (("x", lp.cost.size), ("dual", lp.row_low.size))
    )
    off = {
        "bounds": _off(x, lp.col_low, lp.col_high),
        "rows": _off(lp.matrix @ x, lp.row_low, lp.row_high),
    }
    for what, far in off.items():
        if far > _FEASIBLE:
            msg = f"the solver's answer is wrong: it breaks the {what} of the problem"
            raise NoPlan(msg)
    cost = float(lp.cost @ x)
    if not abs(cost - float(answer.get("objective", np.nan))) <= _GAP * (1 + abs(cost)):
        msg = "the solver's answer is wrong: it does not cost what it says"
        raise NoPlan(msg)
    gap = abs(cost - dual_bound(lp, x, dual)) / (1 + abs(cost))
    if not gap <= _GAP:
        msg = "the solver's answer is wrong: its prices do not prove it optimal"
        raise NoPlan(msg)
    return Proof(gap=gap, bounds_off=off["bounds"], rows_off=off["rows"])


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


def _off(value: F, low: F, high: F) -> float:
    """How far `value` lies outside [low, high] at most, per unit of 1 + its size."""
    beyond = np.maximum(low - value, value - high) / (1 + np.abs(value))
    return max(0.0, float(beyond.max(initial=0.0)))


def _vector(value: object, size: int) -> F:
    if isinstance(value, np.ndarray) and value.shape == (size,) and value.dtype == np.float64:
        checked: F = value
        if np.isfinite(checked).all():
            return checked
    msg = "the solver's answer is wrong: it is not a list of as many numbers as were asked for"
    raise NoPlan(msg)
