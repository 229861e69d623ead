"""Home batteries: storage with wear, and local charging that shaves the midday feed-in peak."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import SECONDS_PER_HOUR, F
from commonwatt.sectors.homes import model
from commonwatt.sectors.homes.analysis import shaved_above
from commonwatt.sectors.homes.control import worth


def offered(view: View, window: Window, price: F) -> Storage | None:
    """Batteries as stores.

    Energy left at the end is worth what it saves at the window's mean price after losses and wear
    of discharging, so that a plan neither dumps nor hoards.
    """
    table = view.plan.table(model.BATTERY.name)
    if not len(table):
        return None
    none = np.zeros((len(table), len(window)))
    rated, efficiency = table.f("rated_kw"), table.f("efficiency")
    wear = view.plan.prices.wear_eur_per_kwh
    mean = float(np.average(price, weights=window.hours))
    return Storage(
        asset=table.ix,
        connection=table.connection,
        draw_kw=none + rated[:, None],
        feed_kw=none + rated[:, None],
        eta_in=none + efficiency[:, None],
        eta_out=none + efficiency[:, None],
        keep=none + 1.0,
        use_kwh=none,
        low_kwh=none,
        high_kwh=none + table.f("capacity_kwh")[:, None],
        short_price=none,
        start_kwh=np.nan_to_num(view.latest(model.BATTERY_KWH.name, table.ix)),
        wear_price=np.full(len(table), wear),
        end_price=efficiency * max(mean - wear, 0.0),
    )


def local(view: View) -> Commands:
    """Self-consumption that waits for the feed-in peak and saves energy in the cheap window."""
    table = view.plan.table(model.BATTERY.name)
    if not len(table):
        return Commands.none(worth.INSTALLER)
    cheap = worth.Timer.of(view).cheap
    meter = worth.Meter.of(view, table)
    ahead = _surplus_today(view, table)
    level = np.nan_to_num(view.latest(model.BATTERY_KWH.name, table.ix))
    room = np.maximum(table.f("capacity_kwh") - level, 0.0) / table.f("efficiency")
    threshold = shaved_above(ahead, room, SLOT_S / SECONDS_PER_HOUR)
    surplus = np.maximum(meter.surplus_kw, ahead[:, 0])
    waits = threshold > 0
    high = np.where(waits, np.maximum(surplus - threshold, 0.0), np.inf)
    low = np.full(len(table), 0.0 if cheap else -np.inf)
    some = waits | cheap
    return Commands.bands(
        table.ix[some],
        low[some],
        high[some],
        view.now + 2 * SLOT_S,
        "Saves its room for the sunniest hours, and its energy for dearer ones.",
        worth.INSTALLER,
    )


def _surplus_today(view: View, table: Table) -> F:
    """(N,T) each battery's share of its home's expected surplus, per slot until local midnight."""
    past = int(view.plan.place.local(np.array([view.now]))[0]) % DAY_S
    window = Window.uniform(view.now, max(1, (DAY_S - past) // SLOT_S))
    roof = view.plan.table("pv")
    home, back = np.unique(table.connection, return_inverse=True)
    behind = np.isin(roof.connection, home)
    sun = np.zeros((home.size, len(window)))
    if behind.any():
        potential = view.forecast("pv.potential_kw", roof.ix[behind], window).middle
        np.add.at(sun, np.searchsorted(home, roof.connection[behind]), potential)
    net = sun - view.forecast("connection.base_kw", home, window).middle
    share = table.f("rated_kw") / np.bincount(back, table.f("rated_kw"))[back]
    return np.maximum(net, 0.0)[back] * share[:, None]
