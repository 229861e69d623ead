"""When cars come, how long they stay and what they need: a pure function of seed, car and day."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Ground
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import SECONDS_PER_HOUR, B, F, I
from commonwatt.sectors.charging.analysis import feasible_kwh

PLUG_IN_SHARE = 0.7
"""Share of days on which a car is plugged in; it needs accordingly more when it is."""
ARRIVAL_SPREAD_H = 1.5
STAY_SPREAD_H = 2.0
WEEKEND_EARLIER_H = 1.5
ENERGY_SPREAD = 0.5
"""Standard deviation of the logarithm of a session's energy."""
_FARTHEST = 3.0
"""Draws are kept within three standard deviations."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sessions:
    """K charging sessions, by car and then by time; those of one car never overlap.

    Attributes:
        row: (K,) row of the charger in its table.
        since: (K,) plug-in, epoch seconds, on a slot edge.
        until: (K,) departure, epoch seconds, on a slot edge.
        need_kwh: (K,) what the car asks for.
        feasible_kwh: (K,) what full power over the whole stay could give it.
    """

    row: I
    since: I
    until: I
    need_kwh: F
    feasible_kwh: F

    def where(self, keep: B) -> Sessions:
        """Those for which the mask `keep` holds."""
        return Sessions(
            row=self.row[keep],
            since=self.since[keep],
            until=self.until[keep],
            need_kwh=self.need_kwh[keep],
            feasible_kwh=self.feasible_kwh[keep],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Habits:
    """What N drivers usually do, and their luck.

    Attributes:
        car: (N,) number under which each car's luck is drawn; it stays when others come or go.
        rated_kw: (N,).
        daily_kwh: (N,) mean over all days.
        arrival_h: (N,) mean local hour of plug-in on working days.
        stay_h: (N,) mean stay.
        place: sets the local day.
        rng: the luck of this world.
    """

    car: I
    rated_kw: F
    daily_kwh: F
    arrival_h: F
    stay_h: F
    place: Place
    rng: Rng

    @classmethod
    def of(cls, ground: Ground) -> Habits:
        """The drivers behind a ground's chargers."""
        table = ground.table("charger")
        return cls(
            car=np.array([crc32(name.encode()) for name in table.ids], dtype=np.int64),
            rated_kw=table.f("rated_kw"),
            daily_kwh=table.f("daily_kwh"),
            arrival_h=table.f("arrival_h"),
            stay_h=table.f("stay_h"),
            place=ground.place,
            rng=ground.rng,
        )

    def touching(self, start: int, end: int) -> Sessions:
        """All sessions with plug-in before `end` and departure after `start`."""
        first, last = self.place.local(np.array([start, end])) // DAY_S
        found = self._of_days(np.arange(first - 2, last + 2))
        return found.where((found.since < end) & (found.until > start))

    def _of_days(self, days: I) -> Sessions:
        """Sessions whose plug-in belongs to one of the local `days` (numbers since 1970)."""
        arrival = self._arrival(np.append(days, days[-1] + 1))
        since, following = arrival[:, :-1], arrival[:, 1:]
        until = np.minimum(since + self._stay_s(days), following - SLOT_S)
        need = self._need_kwh(days)
        come = (self._draw_uniform("comes", days) < PLUG_IN_SHARE) & (need > 0)
        row, day = np.nonzero(come)
        since, until, need = since[row, day], until[row, day], need[row, day]
        rated = self.rated_kw[row]
        feasible = feasible_kwh(need, np.zeros_like(need), rated, since, until)
        return Sessions(row=row, since=since, until=until, need_kwh=need, feasible_kwh=feasible)

    def _arrival(self, days: I) -> I:
        """(N,D) plug-in, epoch seconds; a car that stays away keeps the hour free all the same."""
        noon = days * DAY_S + DAY_S // 2
        midnight = days * DAY_S - self.place.offset_s(noon)
        earlier = np.where((days + 3) % 7 >= 5, WEEKEND_EARLIER_H, 0.0)
        luck = ARRIVAL_SPREAD_H * self._draw_normal("arrival", days)
        return midnight + _slots(self.arrival_h[:, None] - earlier + luck) * SLOT_S

    def _stay_s(self, days: I) -> I:
        """(N,D) seconds until departure, at least one slot; short stays vary less."""
        spread = np.minimum(STAY_SPREAD_H, self.stay_h / 4)
        stay = self.stay_h[:, None] + spread[:, None] * self._draw_normal("stay", days)
        return np.maximum(_slots(stay), 1) * SLOT_S

    def _need_kwh(self, days: I) -> F:
        """(N,D) energy asked for, lognormal, with the mean that makes up `daily_kwh`."""
        luck = ENERGY_SPREAD * self._draw_normal("energy", days) - ENERGY_SPREAD**2 / 2
        need: F = (self.daily_kwh / PLUG_IN_SHARE)[:, None] * np.exp(luck)
        return need

    def _draw_normal(self, what: str, days: I) -> F:
        draws = self.rng.normal(f"charging.{what}", self.car[:, None], days[None, :])
        return np.clip(draws, -_FARTHEST, _FARTHEST)

    def _draw_uniform(self, what: str, days: I) -> F:
        return self.rng.uniform(f"charging.{what}", self.car[:, None], days[None, :])


def _slots(hours: F) -> I:
    """`hours` in whole slots, rounded."""
    return np.rint(hours * SECONDS_PER_HOUR / SLOT_S).astype(np.int64)
