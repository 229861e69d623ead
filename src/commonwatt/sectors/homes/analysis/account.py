"""What homes account for: comfort lost, battery throughput, energy of heating and hot water."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Measures, View
from commonwatt.kernel.units import F
from commonwatt.sectors.homes import model

_ENERGY = (
    (model.BATTERY.name, "battery_throughput"),
    (model.HEAT_PUMP.name, "heat_pump_energy"),
    (model.HOT_WATER.name, "hot_water_energy"),
)


class HomesAccount:
    """Fills the port `Measured`; sums by neighbourhood over 15-minute slots."""

    def measures(self, view: View, window: Window) -> Measures:
        """Comfort lost in kelvin-hours, energies in kWh (batteries: both directions)."""
        fine = window.fine()
        cold = _by_area(view, model.HEAT_PUMP.name, model.COLD_K_H.name, fine)
        rows = [(area, "comfort_lost", "K·h", lost, float("nan")) for area, lost in cold.items()]
        for kind, measure in _ENERGY:
            energy = _by_area(view, kind, "asset.power_kw", fine, fine.hours)
            rows += [(area, measure, "kWh", kwh, float("nan")) for area, kwh in energy.items()]
        return Measures(rows=tuple(rows))


def _by_area(
    view: View, kind: str, quantity: str, window: Window, weight: F | float = 1.0
) -> dict[str, float]:
    """Sum of magnitudes over a kind's assets and the slots, by neighbourhood."""
    table = view.plan.table(kind)
    if not len(table):
        return {}
    values = np.abs(view.history(quantity, table.ix, window)) * weight
    area = np.array(view.plan.connections.text("neighbourhood"))[table.connection]
    total = np.nansum(values, axis=1)
    return {str(name): float(total[area == name].sum()) for name in np.unique(area)}
