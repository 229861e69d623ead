"""What roofs' readings say: potential, yield, curtailment, and the sector's account."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Measures, View
from commonwatt.kernel.readings import Quality, Readings
from commonwatt.kernel.units import B, F

Row = tuple[str, str, str, float, float]
REFERENCE_SHARE = 0.1
"""Of all rated power, the most that reference roofs may have together."""


def potential_kw(power_kw: F, capped: F) -> F:
    """What roofs could have fed in: their feed-in, unknown (NaN) unless they ran free.

    Args:
        power_kw: measured power, negative when fed in, any shape.
        capped: 1 where a cap held the inverter, 0 where it ran free, NaN where it did not say.

    >>> potential_kw(np.array([-3.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([ 3., nan,  0.])
    """
    free: F = np.where(capped == 0, np.maximum(-power_kw, 0.0), np.nan)
    return free


def derive(view: View, window: Window) -> list[Readings]:
    """`pv.potential_kw` of the slots of `window`, of those roofs that ran free."""
    roofs = view.plan.table("pv").ix
    if not roofs.size:
        return []
    known = potential_kw(
        view.history("asset.power_kw", roofs, window), view.history("pv.capped", roofs, window)
    )
    row, slot = np.nonzero(np.isfinite(known))
    return [
        Readings(
            quantity="pv.potential_kw",
            series=roofs[row],
            time=window.starts[slot],
            value=known[row, slot],
            quality=np.full(row.size, int(Quality.MEASURED), dtype=np.int64),
        )
    ]


class RenewablesAccount:
    """Fills the port `Measured`."""

    def measures(self, view: View, window: Window) -> Measures:
        """Solar energy there was to feed in, fed in and curtailed, by neighbourhood."""
        table = view.plan.table("pv")
        if not len(table):
            return Measures(rows=())
        fed_kw = np.maximum(-view.history("asset.power_kw", table.ix, window), 0.0)
        lost_kw = view.history("pv.curtailed_kw", table.ix, window)
        fed = np.nansum(fed_kw * window.hours, axis=1)
        lost = np.nansum(lost_kw * window.hours, axis=1)
        site = np.array(view.plan.connections.text("neighbourhood"))[table.connection]
        return Measures(
            rows=tuple(
                row
                for area in np.unique(site)
                for row in _rows(
                    str(area), float(fed[site == area].sum()), float(lost[site == area].sum())
                )
            )
        )


def _rows(area: str, fed: float, lost: float) -> list[Row]:
    potential = fed + lost
    return [
        (area, "solar potential", "kWh", potential, float("nan")),
        (area, "solar fed in", "kWh", fed, potential),
        (area, "solar curtailed", "kWh", lost, potential),
    ]


def references(rated_kw: F) -> B:
    """(N,) roofs that are never capped: the smallest, up to a tenth of all rated power.

    A capped roof does not show what it could do. Reference plants beside it do, as is usual where
    available power must be estimated; with fewer than ten equal roofs there are none.

    >>> references(np.array([50.0, 5.0, 40.0, 4.0])).tolist()
    [False, True, False, True]
    """
    order = np.argsort(rated_kw, kind="stable")
    within = np.cumsum(rated_kw[order]) <= REFERENCE_SHARE * rated_kw.sum()
    chosen = np.zeros(rated_kw.size, dtype=np.bool_)
    chosen[order[within]] = True
    return chosen
