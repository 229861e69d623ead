"""Optimum start: what a competent installer sets up instead of a fixed time switch."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import B, F
from commonwatt.physics.heating import thermostat_kw
from commonwatt.physics.thermal import cop
from commonwatt.sectors.buildings import model
from commonwatt.sectors.buildings.analysis import one_level, open_share

INSTALLER = Principal("buildings.local", Role.SYSTEM)
USUAL_SHARE = 0.7
"""Of its rated power, what a building counts on while it warms up: the rest makes up for errors."""


def local(view: View, table: Table, mass_c: F) -> Commands:
    """Setback while empty, then what it takes to be warm by opening; while open its own curve.

    Args:
        view: for weather and room air.
        table: N buildings.
        mass_c: (N,) mass now.
    """
    day = Window.uniform(view.now, SLOTS_PER_DAY)
    shut = open_share(table, view.plan.place, day) == 0
    low = _least_kw(table, mass_c, view.weather(day).temperature_c, day, shut)
    setback = thermostat_kw(
        air_c=view.latest(model.AIR_C.name, table.ix),
        set_c=table.f("setback_c"),
        outdoor_c=view.weather(Window.uniform(view.now, 1)).temperature_c,
        loss_kw_per_k=table.f("loss_kw_per_k"),
        rated_kw=table.f("rated_kw"),
        supply_c=model.SUPPLY_C,
    )
    some = shut[:, 0] & np.isfinite(setback)
    return Commands.bands(
        table.ix[some],
        np.where(low > 0, low, -np.inf)[some],
        np.maximum(low, setback)[some],
        view.now + 2 * SLOT_S,
        "Empty: starts as late as still makes it warm by opening.",
        INSTALLER,
    )


def _least_kw(table: Table, mass_c: F, outdoor: F, day: Window, shut: B) -> F:
    """(N,) least power now from which `USUAL_SHARE` still makes rooms warm by opening.

    Worked out backwards from the level wanted at opening. Gains are left out: nobody is there.
    """
    one = one_level(table)
    nobody = np.zeros(shut.shape)
    keep, use = one.keep(day.hours), one.use(day.hours, outdoor, nobody)
    heat = one.intake(day.hours) * cop(outdoor, model.SUPPLY_C) * day.hours
    warm = one.level(one.mass_for(table.f("set_c")[:, None], outdoor, nobody))
    usual = USUAL_SHARE * table.f("rated_kw")
    due = np.full(len(table), -np.inf)
    for t in range(shut.shape[1] - 1, 0, -1):
        earlier = (due + use[:, t] - heat[:, t] * usual) / keep[:, t]
        due = np.where(shut[:, t], earlier, warm[:, t])
    rest = keep[:, 0] * one.level(mass_c) - use[:, 0]
    return np.clip((due - rest) / heat[:, 0], 0.0, table.f("rated_kw"))
