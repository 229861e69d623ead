"""What buildings account for: energy beside floor area, comfort lost beside occupied hours."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Measures, View
from commonwatt.sectors.buildings import model

Row = tuple[str, str, str, float, float]


class BuildingsAccount:
    """Fills the port `Measured`; sums by neighbourhood over 15-minute slots."""

    def measures(self, view: View, window: Window) -> Measures:
        """Energy and what of it heats, floor area, comfort lost, occupied hours.

        Energy per square metre and cold per occupied hour are left to whoever reads: a ratio of
        sums is not a sum of ratios.
        """
        table, fine = view.plan.table(model.BUILDING.name), window.fine()
        if not len(table):
            return Measures(rows=())
        kwh = np.nan_to_num(view.history("asset.power_kw", table.ix, fine)) @ fine.hours
        cold = np.nansum(view.history(model.COLD_K_H.name, table.ix, fine), axis=1)
        hours = np.nansum(view.history(model.OCCUPIED_H.name, table.ix, fine), axis=1)
        site = np.unique(table.connection)
        base = np.nan_to_num(view.history("connection.base_kw", site, fine)) @ fine.hours
        areas = np.array(view.plan.connections.text("neighbourhood"))
        rows: list[Row] = []
        for name in np.unique(areas[table.connection]):
            here = areas[table.connection] == name
            heat = float(kwh[here].sum())
            whole = heat + float(base[areas[site] == name].sum())
            floor = float(table.f("floor_m2")[here].sum())
            rows += [
                (str(name), "building_energy", "kWh", whole, float("nan")),
                (str(name), "building_heat_energy", "kWh", heat, whole),
                (str(name), "building_floor", "m²", floor, float("nan")),
                (str(name), "building_comfort_lost", "K·h", float(cold[here].sum()), float("nan")),
                (str(name), "building_occupied", "h", float(hours[here].sum()), float("nan")),
            ]
        return Measures(rows=tuple(rows))
