"""Hot water: tanks as storage, and the local timer that heats them in cheap or sunny hours."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.units import F
from commonwatt.physics.heating import heat_worth
from commonwatt.physics.thermal import TANK_SUPPLY_C, Tank, cop
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.control import worth

RESERVE = 0.30
"""Plans keep this share of a full tank for draws nobody foresaw."""
TOPPED_UP = 0.95
"""The local timer stops heating at this share of full."""


def offered(view: View, window: Window, price: F) -> Storage | None:
    """Tanks as heat stores; a kWh short of the reserve for an hour costs what a car's kWh does."""
    table = view.plan.table(model.HOT_WATER.name)
    if not len(table):
        return None
    tank, hours = Tank(table.f("volume_l")), window.hours
    keep = tank.keep(hours)
    eta = cop(view.weather(window).temperature_c, TANK_SUPPLY_C)
    use = view.forecast(model.USE_KW.name, table.ix, window).mean * hours
    measured = view.latest(model.TANK_KWH.name, table.ix)
    none, full = np.zeros_like(keep), tank.full_kwh
    return Storage(
        asset=table.ix,
        connection=table.connection,
        draw_kw=none + table.f("rated_kw")[:, None],
        feed_kw=none,
        eta_in=none + eta,
        eta_out=none + 1.0,
        keep=keep,
        use_kwh=use,
        low_kwh=none + RESERVE * full[:, None],
        high_kwh=none + full[:, None],
        short_price=none + view.plan.prices.missing_eur_per_kwh * hours,
        start_kwh=np.where(np.isfinite(measured), measured, RESERVE * full),
        wear_price=np.zeros(len(table)),
        end_price=heat_worth(price, window, eta, keep),
    )


def local(view: View) -> Commands:
    """Heat with surplus sun or evenly through the cheap window, else only what is nearly empty."""
    table = view.plan.table(model.HOT_WATER.name)
    if not len(table):
        return Commands.none(worth.INSTALLER)
    full = Tank(table.f("volume_l")).full_kwh
    level = view.latest(model.TANK_KWH.name, table.ix)
    meter, timer = worth.Meter.of(view, table), worth.Timer.of(view)
    outdoor = view.weather(Window.uniform(view.now, 1)).temperature_c
    missing = np.maximum(TOPPED_UP * full - level, 0.0) / cop(outdoor, TANK_SUPPLY_C)
    timed = np.minimum(missing / timer.left_h, meter.room_kw) if timer.cheap else 0.0
    wanted = np.maximum(timed, np.where(missing > 0, meter.surplus_kw, 0.0))
    low = np.minimum(wanted, table.f("rated_kw"))
    waits = timer.cheap | (timer.dear & (level > RESERVE * full))
    high = np.where(waits, low, np.inf)
    some = ((low > 0) | np.isfinite(high)) & meter.known & np.isfinite(level)
    return Commands.bands(
        table.ix[some],
        np.where(low > 0, low, -np.inf)[some],
        high[some],
        view.now + 2 * SLOT_S,
        "Heats water through the cheap window or with surplus sun, waits in the dear one.",
        worth.INSTALLER,
    )
