"""Base load of a connection: what its main meter shows and no sub-meter explains."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.readings import Quality, Readings
from commonwatt.sectors.metering import model


def derive(view: View, window: Window) -> list[Readings]:
    """`connection.base_kw` of slots in which the meter and all sub-meters behind it reported."""
    plan = view.plan
    connections = np.arange(len(plan.connections))
    devices = np.setdiff1d(np.arange(plan.assets), plan.table(model.UNMETERED).ix)
    base = view.history(model.POWER_KW.name, connections, window).copy()
    if devices.size:
        power = view.history(model.ASSET_KW.name, devices, window)
        np.subtract.at(base, plan.sites[devices], power)
    row, slot = np.nonzero(np.isfinite(base))
    return [
        Readings(
            quantity=model.BASE_KW.name,
            series=connections[row],
            time=window.starts[slot],
            value=base[row, slot],
            quality=np.full(row.size, Quality.ESTIMATED, dtype=np.int64),
        )
    ]
