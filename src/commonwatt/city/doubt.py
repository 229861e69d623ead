"""How far off offers may be: what nobody moves, and the sun.

A roof that can be capped is told in every slot how far it may go, so more sun than expected breaks
nothing there; less sun means that more is drawn. Reference roofs are never capped: theirs counts
both ways.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from commonwatt.city.confidence import RECORD, Dispatch
from commonwatt.kernel.doubt import Bands, Doubt, Scenarios
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.units import F, I
from commonwatt.sectors.renewables.analysis import references

BASE, SUN = "connection.base_kw", "pv.potential_kw"


def doubt(asked: Dispatch, view: View, window: Window) -> Doubt | None:
    """How far connections may be off in `window`; None where no probability is asked for."""
    if not asked.confidence:
        return None
    drawn = _drawn(view, window) if asked.errors == RECORD else None
    return drawn or _banded(view, window, asked.correlation)


def _drawn(view: View, window: Window) -> Scenarios | None:
    """From the record; None where it is too short."""
    connections = np.arange(len(view.plan.connections))
    base = view.errors(BASE, connections, window)
    if base is None:
        return None
    roofs = view.plan.table("pv")
    more = view.errors(SUN, roofs.ix, window) if len(roofs) else None
    if more is not None:
        capped = ~references(roofs.f("rated_kw"))
        more[:, capped] = np.minimum(more[:, capped], 0.0)
        for n, connection in enumerate(roofs.connection.tolist()):
            base[:, connection] -= more[:, n]
    return Scenarios(error_kw=base)


def _banded(view: View, window: Window, correlation: float) -> Bands:
    """From each forecast's outermost quantiles, taken for those of a normal error."""
    connections = np.arange(len(view.plan.connections))
    below, above = _deviations(view, BASE, connections, window)
    roofs = view.plan.table("pv")
    if len(roofs):
        less, more = _deviations(view, SUN, roofs.ix, window)
        more[~references(roofs.f("rated_kw"))] = 0.0
        above = np.sqrt(above**2 + _summed(less**2, roofs.connection, above))
        below = np.sqrt(below**2 + _summed(more**2, roofs.connection, below))
    return Bands(below_kw=below, above_kw=above, correlation=correlation)


def _deviations(view: View, quantity: str, series: I, window: Window) -> tuple[F, F]:
    """(K,T) and (K,T) standard deviations below and above what is expected."""
    said = view.forecast(quantity, series, window)
    if said.levels.size == 1:
        return np.zeros((series.size, len(window))), np.zeros((series.size, len(window)))
    below = (said.middle - said.value[0]) / -float(ndtri(said.levels[0]))
    above = (said.value[-1] - said.middle) / float(ndtri(said.levels[-1]))
    return np.maximum(below, 0.0), np.maximum(above, 0.0)


def _summed(values: F, connection: I, like: F) -> F:
    """(C,T) `values` (K,T) added up by connection."""
    total = np.zeros_like(like)
    np.add.at(total, connection, values)
    return total
