"""Readings worked out from readings: what heat the rooms gained beside the heat pump's."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.readings import Quality, Readings
from commonwatt.kernel.tables import Table
from commonwatt.physics.thermal import OneLevel
from commonwatt.sectors.buildings import model


def one_level(table: Table) -> OneLevel:
    """The buildings of `table` as stores of one level, by nameplate."""
    return OneLevel(table.f("loss_kw_per_k"), table.f("mass_kwh_per_k"))


def derive(view: View, window: Window) -> list[Readings]:
    """`zone.gain_kw` of those slots of `window` with all readings, from the air's balance."""
    table = view.plan.table(model.BUILDING.name)
    if not len(table):
        return []
    air = view.history(model.AIR_C.name, table.ix, window)
    mass = view.history(model.MASS_C.name, table.ix, window)
    gain = one_level(table).gain(air, mass, view.weather(window).temperature_c)
    row, slot = np.nonzero(np.isfinite(gain))
    return [
        Readings(
            quantity=model.GAIN_KW.name,
            series=table.ix[row],
            time=window.starts[slot],
            value=gain[row, slot],
            quality=np.full(row.size, Quality.ESTIMATED, dtype=np.int64),
        )
    ]
