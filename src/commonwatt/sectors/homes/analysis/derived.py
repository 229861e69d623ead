"""Readings worked out from readings: heat gains of buildings, hot water drawn."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.readings import Quality, Readings
from commonwatt.kernel.units import F, I
from commonwatt.physics.thermal import OneLevel, Tank
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.analysis import balances


def derive(view: View, window: Window) -> list[Readings]:
    """`building.gain_kw` and `hot_water.use_kw` of those slots of `window` with all readings."""
    return [*_gains(view, window), *_uses(view, window)]


def _gains(view: View, window: Window) -> list[Readings]:
    home = view.plan.table(model.HEAT_PUMP.name)
    if not len(home):
        return []
    one = OneLevel(home.f("loss_kw_per_k"), home.f("mass_kwh_per_k"))
    air = view.history(model.AIR_C.name, home.ix, window)
    mass = view.history(model.MASS_C.name, home.ix, window)
    gain = one.gain(air, mass, view.weather(window).temperature_c)
    return _readings(model.GAIN_KW.name, home.ix, window, gain)


def _uses(view: View, window: Window) -> list[Readings]:
    table = view.plan.table(model.HOT_WATER.name)
    if not len(table):
        return []
    edges = Window(np.concatenate([[window.start - SLOT_S], window.edges]))
    use = balances.use_kw(
        Tank(table.f("volume_l")),
        view.history(model.TANK_KWH.name, table.ix, edges),
        view.history("asset.power_kw", table.ix, window),
        view.weather(window).temperature_c,
        window.hours,
    )
    return _readings(model.USE_KW.name, table.ix, window, use)


def _readings(quantity: str, series: I, window: Window, value: F) -> list[Readings]:
    row, slot = np.nonzero(np.isfinite(value))
    return [
        Readings(
            quantity=quantity,
            series=series[row],
            time=window.starts[slot],
            value=value[row, slot],
            quality=np.full(row.size, Quality.ESTIMATED, dtype=np.int64),
        )
    ]
