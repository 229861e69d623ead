"""What a charging session needs and can still get, and the sector's account.

Energy is counted at the charger's meter, so charging has no losses here: what the car's own
charger loses is part of what the car asks for.
"""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Measures, View
from commonwatt.kernel.units import SECONDS_PER_HOUR, F, I

Row = tuple[str, str, str, float, float]


def feasible_kwh(need_kwh: F, got_kwh: F, power_kw: F, start: I, until: I) -> F:
    """(K,) level a session can reach by departure, charging at full power from `start` on.

    Args:
        need_kwh: (K,) wanted, counted from plug-in.
        got_kwh: (K,) delivered so far.
        power_kw: (K,) full power.
        start: (K,) epoch seconds.
        until: (K,) departure, epoch seconds.

    >>> one = np.array([1])
    >>> feasible_kwh(20.0 * one, 5.0 * one, 11.0 * one, 0 * one, 3600 * one)
    array([16.])
    """
    reach = got_kwh + power_kw * np.maximum(until - start, 0) / SECONDS_PER_HOUR
    level: F = np.maximum(np.minimum(need_kwh, reach), got_kwh)
    return level


def least_kw(remaining_kwh: F, power_kw: F, until: I, now: int, slot_s: int) -> F:
    """(K,) least power in the slot from `now` that still lets full power do the rest after it.

    0 while there is time, full power once the latest start is reached.

    >>> one = np.array([1])
    >>> least_kw(11.0 * one, 11.0 * one, 7200 * one, 2700, 1800)
    array([5.5])
    """
    after = np.maximum(until - (now + slot_s), 0) / SECONDS_PER_HOUR
    short = remaining_kwh - power_kw * after
    least: F = np.clip(short / (slot_s / SECONDS_PER_HOUR), 0.0, power_kw)
    return least


class ChargingAccount:
    """Fills the port `Measured`."""

    def measures(self, view: View, window: Window) -> Measures:
        """Energy of the cars that left in `window`, by neighbourhood."""
        table = view.plan.table("charger")
        if not len(table):
            return Measures(rows=())
        names = ("ev.asked_kwh", "ev.feasible_kwh", "ev.served_kwh")
        told = np.stack([view.history(name, table.ix, window) for name in names])
        told = np.where(np.isfinite(told).all(axis=0), told, 0.0)
        asked, feasible, served = told.sum(axis=2)
        left = (told[0] > 0).sum(axis=1)
        site = np.array(view.plan.connections.text("neighbourhood"))[table.connection]
        rows: list[Row] = []
        for area in np.unique(site):
            here = site == area
            sums = [float(part[here].sum()) for part in (asked, feasible, served, left)]
            rows.extend(_rows(str(area), *sums))
        return Measures(rows=tuple(rows))


def _rows(area: str, asked: float, feasible: float, served: float, left: float) -> list[Row]:
    return [
        (area, "car sessions ended", "1", left, float("nan")),
        (area, "car energy asked", "kWh", asked, float("nan")),
        (area, "car energy feasible", "kWh", feasible, asked),
        (area, "car energy by departure", "kWh", served, feasible),
    ]
