"""What energy is worth to a home, and what its meter shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import View
from commonwatt.kernel.principal import Principal, Role
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import SECONDS_PER_HOUR, B, F
from commonwatt.sectors.homes import model

INSTALLER = Principal("homes.local", Role.SYSTEM)
PLANNER = Principal("homes.follow", Role.SYSTEM)

FUSE_SHARE = 0.9
"""Local rules load a main fuse up to this share."""
TARIFF_STEP = 0.05
"""An hour is cheap or dear when the tariff is off the day's mean by more than this share."""


def energy_price(view: View, window: Window) -> F:
    """(T,) €/kWh the system pays: wholesale energy and its carbon."""
    wholesale = view.signal("price.wholesale_eur_per_kwh", window)
    return view.plan.prices.with_carbon(wholesale, view.signal("carbon.kg_per_kwh", window))


def base(view: View, window: Window) -> tuple[F, F]:
    """(kW, kvar), each (C,T): base consumption as expected (median). Devices draw no kvar."""
    connections = np.arange(len(view.plan.connections))
    kw, kvar = (
        view.forecast(quantity, connections, window).middle
        for quantity in ("connection.base_kw", "meter.kvar")
    )
    return kw, kvar


@dataclass(frozen=True)
class Timer:
    """Where the retail tariff stands now.

    Attributes:
        cheap: this hour is cheap against the mean of the next day.
        dear: it is dear.
        past_h: for how long it has been cheap without a break.
        left_h: for how long it will be, this slot included.
    """

    cheap: bool
    dear: bool
    past_h: float
    left_h: float

    @property
    def progress(self) -> float:
        """Share of the cheap window gone when this slot ends; 0 outside."""
        whole = self.past_h + self.left_h
        return (self.past_h + SLOT_S / SECONDS_PER_HOUR) / whole if self.cheap else 0.0

    @classmethod
    def of(cls, view: View) -> Timer:
        """The timer at `view.now`."""
        around = Window.uniform(view.now - SLOTS_PER_DAY * SLOT_S, 2 * SLOTS_PER_DAY)
        tariff = view.signal("tariff.import_eur_per_kwh", around)
        ahead = tariff[SLOTS_PER_DAY:]
        mean, step = float(ahead.mean()), TARIFF_STEP * float(np.abs(ahead).mean())
        cheap = tariff < mean - step
        hour = SLOT_S / SECONDS_PER_HOUR
        return cls(
            cheap=bool(cheap[SLOTS_PER_DAY]),
            dear=bool(ahead[0] > mean + step),
            past_h=hour * float(_run(cheap[:SLOTS_PER_DAY][::-1])),
            left_h=hour * float(_run(cheap[SLOTS_PER_DAY:])),
        )


def _run(flags: B) -> int:
    """How many of `flags` hold before the first that does not."""
    return int(flags.size if flags.all() else np.argmin(flags))


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
