"""What people do whatever anybody commands: base consumption, heat gains, hot water drawn.

Every law is a pure function of (luck, time), so that paired runs see the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, Window, slot_of
from commonwatt.kernel.ports import Ground
from commonwatt.kernel.units import F, I
from commonwatt.physics.thermal import tapped_kwh
from commonwatt.sectors.homes import model

FAST_SPREAD = 0.20
"""Spread σ of what people do within the hour."""
DAY_SPREAD = 0.15
"""Spread σ from day to day."""
_MEMORY = np.array([0.75, 0.5, 0.35, 0.2559])
"""Weights of this and the three slots before in the fast part; squares sum to 1."""

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

Law = Callable[[Window], tuple[F, ...]]


@dataclass(eq=False)
class HourAhead:
    """Reads a law an hour at a time and tells one slot of it: laws are cheaper by the hour."""

    law: Law
    _start: int = -1
    _known: tuple[F, ...] = field(default=())

    def at(self, start: int) -> tuple[F, ...]:
        """Each (N,) what the law says about the slot that begins at `start`."""
        hour = start - start % 3600
        if hour != self._start:
            self._start, self._known = hour, self.law(Window.uniform(hour, 4))
        slot = (start - hour) // SLOT_S
        return tuple(part[:, slot] for part in self._known)


def mood(ground: Ground, stream: str, entity: I, window: Window) -> F:
    """(N,T) lognormal factors of mean 1 that wander from slot to slot and from day to day."""
    slots = np.asarray(slot_of(window.starts))
    span = np.arange(slots[0] - _MEMORY.size + 1, slots[-1] + 1)
    shocks = ground.rng.normal(f"{stream}.fast", entity[:, None], span)
    fast = sum(
        weight * shocks[:, _MEMORY.size - 1 - lag : shocks.shape[1] - lag]
        for lag, weight in enumerate(_MEMORY)
    )
    days, back = np.unique(ground.place.local(window.starts) // DAY_S, return_inverse=True)
    daily = ground.rng.normal(f"{stream}.day", entity[:, None], days)[:, back]
    spread = FAST_SPREAD**2 + DAY_SPREAD**2
    factor: F = np.exp(FAST_SPREAD * fast + DAY_SPREAD * daily - spread / 2)
    return factor


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
        factor = mood(self.ground, "homes.base", people, window)
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
        inside = INTERNAL_KW * rhythm * mood(self.ground, "homes.gain", homes, window)
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
