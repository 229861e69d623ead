"""What energy is worth to a home, and what its meter shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import Forecast, View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import G_PER_KG, B, F
from commonwatt.sectors.homes import model

INSTALLER = Principal("homes.local", Role.SYSTEM)
PLANNER = Principal("homes.follow", Role.SYSTEM)

FUSE_SHARE = 0.9
"""Local rules load a main fuse up to this share."""
TARIFF_STEP = 0.05
"""An hour is cheap or dear when the tariff is off the day's mean by more than this share."""
LASTING_H = 12.0
"""Heat left at the window's end is worth what survives of it half a day later."""


def energy_price(view: View, window: Window) -> F:
    """(T,) €/kWh the system pays: wholesale energy and its carbon."""
    carbon = view.plan.prices.carbon_eur_per_t / G_PER_KG
    return view.signal("price.wholesale_eur_per_kwh", window) + carbon * view.signal(
        "carbon.kg_per_kwh", window
    )


def heat_worth(price: F, window: Window, eta: F, keep: F) -> F:
    """(N,) €/kWh of heat left at the end: what making it again costs, less what leaks away.

    Args:
        price: (T,) of electricity.
        window: the slots.
        eta: (T,) heat per electricity.
        keep: (N,T) share of heat that survives each slot.
    """
    mean = float(np.average(price, weights=window.hours))
    ratio = float(np.average(eta, weights=window.hours))
    lasting = keep[:, 0] ** (LASTING_H / window.hours[0])
    worth: F = np.maximum(mean, 0.0) / ratio * lasting
    return worth


def expected(forecast: Forecast) -> F:
    """(N,T) mean of a forecast: its quantiles, each weighted by the levels it stands for.

    Rare events (a shower) have a median of zero; stores must be planned on the mean.
    """
    levels = forecast.levels
    cuts = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    mean: F = np.einsum("q,qnt->nt", np.diff(cuts), forecast.value)
    return mean


def base(view: View, window: Window) -> tuple[F, F]:
    """(kW, kvar), each (C,T): base consumption as expected (median)."""
    plan = view.plan
    consumer, count = plan.table(model.CONSUMER.name), len(plan.connections)
    kw = view.forecast("connection.base_kw", np.arange(count), window).middle
    if not len(consumer):
        return kw, np.zeros_like(kw)
    active = np.bincount(consumer.connection, consumer.f("peak_kw"), count)
    reactive = np.bincount(consumer.connection, consumer.f("peak_kvar"), count)
    share = np.divide(reactive, active, out=np.zeros(count), where=active > 0)
    return kw, kw * share[:, None]


def tariff_says(view: View) -> tuple[bool, bool]:
    """(cheap, dear): the retail tariff now against its mean over the next day."""
    tariff = view.signal("tariff.import_eur_per_kwh", Window.uniform(view.now, SLOTS_PER_DAY))
    mean, step = float(tariff.mean()), TARIFF_STEP * float(np.abs(tariff).mean())
    return bool(tariff[0] < mean - step), bool(tariff[0] > mean + step)


@dataclass(frozen=True, eq=False)
class Meter:
    """What a device sees of its connection, from the slot just ended.

    What batteries discharged there is taken out: it is neither sun nor sure to last.

    Attributes:
        surplus_kw: (N,) what the home would feed in without the device; 0 when it draws.
        room_kw: (N,) power the device may take before the main fuse is at `FUSE_SHARE`.
        known: (N,) whether the meter and the device reported.
    """

    surplus_kw: F
    room_kw: F
    known: B

    @classmethod
    def of(cls, view: View, table: Table) -> Meter:
        """The meters behind which the devices of `table` hang."""
        connections, battery = view.plan.connections, view.plan.table(model.BATTERY.name)
        fed = np.minimum(np.nan_to_num(view.latest("asset.power_kw", battery.ix)), 0.0)
        discharged = np.bincount(battery.connection, fed, len(connections))[table.connection]
        own = np.maximum(view.latest("asset.power_kw", table.ix), 0.0)
        rest = view.latest("meter.power_kw", table.connection) - own - discharged
        fuse = FUSE_SHARE * connections.f("fuse_kw")[table.connection]
        return cls(
            surplus_kw=np.maximum(-np.nan_to_num(rest), 0.0),
            room_kw=np.maximum(fuse - np.nan_to_num(rest), 0.0),
            known=np.isfinite(rest),
        )
