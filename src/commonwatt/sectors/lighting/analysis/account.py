"""What lighting accounts for: energy, what dimming saved, and light that was missing."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import DAY_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Measures, View
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import SECONDS_PER_HOUR, F
from commonwatt.sectors.lighting import model
from commonwatt.sectors.lighting.analysis.classes import Levels

Row = tuple[str, str, str, float, float]
TIMED_FROM_H, TIMED_TO_H = 23, 5
"""Local hours between which a timer without sensors dims, as many cities have it."""


def timed_kwh(table: Table, place: Place, window: Window, burning_h: F) -> F:
    """(N,) energy had a timer dimmed the lamps to their reduced level in the deep of night.

    Args:
        table: N lamps.
        place: for local hours.
        window: T quarter hours.
        burning_h: (N,T) hours of each in which they ought to burn.
    """
    levels = Levels.of(table)
    hour = place.local(window.starts) % DAY_S // SECONDS_PER_HOUR
    dims = (hour >= TIMED_FROM_H) | (hour < TIMED_TO_H)
    kw = np.where(dims, levels.reduced_kw[:, None], levels.full_kw[:, None])
    energy: F = (burning_h * kw).sum(axis=1)
    return energy


class LightingAccount:
    """Fills the port `Measured`; sums by neighbourhood over 15-minute slots."""

    def measures(self, view: View, window: Window) -> Measures:
        """Energy drawn; of full-night burning, what was saved; of burning hours, those too dim.

        Two baselines are worked out, not measured: every lamp at its rated power for as long as it
        ought to burn, and the same with a timer that dims in the deep of night.
        """
        table = view.plan.table(model.LAMP.name)
        if not len(table):
            return Measures(rows=())
        fine = window.fine()

        def told(quantity: str) -> F:
            return np.nan_to_num(view.history(quantity, table.ix, fine))

        burning = told(model.BURNING_H.name)
        drawn = (told("asset.power_kw") @ fine.hours, told(model.TAKEN_KW.name) @ fine.hours)
        full = burning.sum(axis=1) * table.f("rated_kw")
        timed = timed_kwh(table, view.plan.place, fine, burning)
        hours = (told(model.BELOW_H.name).sum(axis=1), burning.sum(axis=1))
        area = np.array(view.plan.connections.text("neighbourhood"))[table.connection]
        rows: list[Row] = []
        for name in np.unique(area):
            here = area == name
            sums = [float(part[here].sum()) for part in (*drawn, timed, full, *hours)]
            rows += _rows(str(name), *sums)
        return Measures(rows=tuple(rows))


def _rows(  # noqa: PLR0917 - the six sums of an area, in order
    area: str,
    drawn: float,
    taken: float,
    timed: float,
    full: float,
    below: float,
    burning: float,
) -> list[Row]:
    return [
        (area, "light_energy", "kWh", drawn, full),
        (area, "light_energy_timed", "kWh", timed, full),
        (area, "light_energy_saved", "kWh", full - drawn, full),
        (area, "light_taken", "kWh", taken, full),
        (area, "lamp_hours_below_class", "h", below, burning),
    ]
