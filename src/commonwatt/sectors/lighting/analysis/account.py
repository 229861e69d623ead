"""What lighting accounts for: energy, what dimming saved, and light that was missing."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Measures, View
from commonwatt.kernel.units import F
from commonwatt.sectors.lighting import model

Row = tuple[str, str, str, float, float]


class LightingAccount:
    """Fills the port `Measured`; sums by neighbourhood over 15-minute slots."""

    def measures(self, view: View, window: Window) -> Measures:
        """Energy drawn; of full-night burning, what was saved; of burning hours, those too dim.

        Full-night burning is worked out, not measured: every lamp at its rated power for as long as
        it ought to burn.
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
        hours = (told(model.BELOW_H.name).sum(axis=1), burning.sum(axis=1))
        area = np.array(view.plan.connections.text("neighbourhood"))[table.connection]
        rows: list[Row] = []
        for name in np.unique(area):
            here = area == name
            sums = [float(part[here].sum()) for part in (*drawn, full, *hours)]
            rows += _rows(str(name), *sums)
        return Measures(rows=tuple(rows))


def _rows(  # noqa: PLR0917 - the five sums of an area, in order
    area: str, drawn: float, taken: float, full: float, below: float, burning: float
) -> list[Row]:
    return [
        (area, "light_energy", "kWh", drawn, full),
        (area, "light_energy_saved", "kWh", full - drawn, full),
        (area, "light_taken", "kWh", taken, full),
        (area, "lamp_hours_below_class", "h", below, burning),
    ]
