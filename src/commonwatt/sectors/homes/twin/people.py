"""What people do whatever anybody commands: base consumption, heat gains, hot water drawn.

Every law is a pure function of (luck, time), so that paired runs see the same people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOTS_PER_DAY, Window, slot_of
from commonwatt.kernel.ports import Ground
from commonwatt.kernel.units import F
from commonwatt.physics.people import mood
from commonwatt.physics.thermal import tapped_kwh
from commonwatt.sectors.homes import model

INTERNAL_KW = 0.3
"""Mean useful heat of people and appliances in a home that loses 0.2 kW/K."""
APERTURE_M2 = 1.5
"""Effective solar aperture of such a home, in terms of horizontal irradiance."""
USUAL_LOSS = 0.2

TAPS_PER_DAY = 10
_TAP_HOURS = np.array(
    [1, 0.5, 0.5, 0.5, 1, 3, 8, 10, 8, 5, 4, 4, 5, 4, 3, 3, 4, 6, 9, 9, 7, 5, 3, 1.5]
)
"""Weights of local hours, after the day profile of Jordan & Vajen (2001), IEA SHC task 26."""


@dataclass(eq=False)
class Consumption:
    """Base consumption: each consumer's peak times its profile times its people's mood."""

    ground: Ground

    def __post_init__(self) -> None:
        """Look the consumers up once."""
        table = self.ground.table(model.CONSUMER.name)
        self.connection = table.connection
        self._peak = table.f("peak_kw")[:, None], table.f("peak_kvar")[:, None]
        self._names, self._shape = np.unique(table.text("profile"), return_inverse=True)
        self._reactive = bool(np.any(self._peak[1]))

    def over(self, window: Window) -> tuple[F, F]:
        """(kW, kvar) of every consumer, each (N,T)."""
        if not self.connection.size:
            none = np.zeros((0, len(window)))
            return none, none
        people = np.arange(self.connection.size)
        factor = mood(self.ground.rng, self.ground.place, "homes.base", people, window)
        active = self._peak[0] * self._profiles("p", window) * factor
        if not self._reactive:
            return active, np.zeros_like(active)
        return active, self._peak[1] * self._profiles("q", window) * factor

    def per_connection(self, window: Window) -> tuple[F, F]:
        """(kW, kvar) of all consumers of each connection, each (C,T)."""
        totals = np.zeros((2, len(self.ground.connections), len(window)))
        for total, power in zip(totals, self.over(window), strict=True):
            np.add.at(total, self.connection, power)
        return totals[0], totals[1]

    def _profiles(self, part: str, window: Window) -> F:
        shapes = [self.ground.series(f"{name}.{part}", window) for name in self._names]
        return np.stack(shapes)[self._shape]


@dataclass(eq=False)
class Gains:
    """Useful heat into room air from people, appliances and sun."""

    ground: Ground

    def over(self, window: Window) -> tuple[F]:
        """One (N,T) array in kW."""
        table = self.ground.table(model.HEAT_PUMP.name)
        homes = np.arange(len(table))
        size = table.f("loss_kw_per_k")[:, None] / USUAL_LOSS
        hour = self.ground.place.local(window.starts) % DAY_S / 3600
        rhythm = 1 + 0.4 * np.sin(2 * np.pi * (hour - 13) / 24)
        inside = (
            INTERNAL_KW
            * rhythm
            * mood(self.ground.rng, self.ground.place, "homes.gain", homes, window)
        )
        facing = 0.5 + self.ground.rng.uniform("homes.aperture", homes, 0)[:, None]
        sun = APERTURE_M2 * facing * self.ground.weather(window).ghi_w_m2 / 1000
        return (size * (inside + sun),)


@dataclass(eq=False)
class Taps:
    """Hot water drawn: separate events of random size, most of them mornings and evenings."""

    ground: Ground

    def over(self, window: Window) -> tuple[F]:
        """One (N,T) array in kW of heat."""
        table = self.ground.table(model.HOT_WATER.name)
        homes, slots = np.arange(len(table))[:, None], np.asarray(slot_of(window.starts))
        hour = self.ground.place.local(window.starts) % DAY_S // 3600
        chance = TAPS_PER_DAY * _TAP_HOURS[hour] / _TAP_HOURS.sum() * 24 / SLOTS_PER_DAY
        opened = self.ground.rng.uniform("homes.tap", homes, slots) < chance
        size = -np.log(self.ground.rng.uniform("homes.tap.size", homes, slots))
        litres = opened * size * table.f("daily_l")[:, None] / TAPS_PER_DAY
        return (tapped_kwh(litres) / window.hours,)
