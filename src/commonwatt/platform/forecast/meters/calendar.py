"""Local days and slots: the frame in which habits repeat, also when the clocks change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import B, I

_THURSDAY = 3
"""The weekday, counted from Monday, on which the epoch began."""


@dataclass(frozen=True)
class Calendar:
    """How readings fall into local days.

    Attributes:
        step_s: seconds between readings; a whole number of them makes a day.
        zone: civil time zone, by which people live.
        holidays: local days, counted from 1970, on which people live as on Sundays.
    """

    step_s: int
    zone: str = "UTC"
    holidays: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Refuse steps that do not divide a day."""
        if self.step_s <= 0 or DAY_S % self.step_s:
            msg = f"a step of {self.step_s} s does not divide a day; use one that does, as 3600"
            raise InvalidInput(msg)

    @property
    def slots(self) -> int:
        """Readings of a day."""
        return DAY_S // self.step_s

    def place(self, times: I) -> tuple[I, I]:
        """Local day since 1970 and slot of the day of each of `times`, epoch seconds.

        >>> summer, winter = 1_711_846_800, 1_711_843_200  # 2024-03-31, 01:00 and 00:00 UTC
        >>> day, slot = Calendar(3600, "Europe/Berlin").place(np.array([winter, summer]))
        >>> day.tolist(), slot.tolist()
        ([19813, 19813], [1, 3])
        """
        local = Place(0.0, 0.0, 0.0, self.zone).local(times)
        return local // DAY_S, local % DAY_S // self.step_s

    def weekday(self, days: I) -> I:
        """0 for Monday; holidays are Sundays."""
        plain: I = (days + _THURSDAY) % 7
        return np.where(self.holiday(days), 6, plain)

    def holiday(self, days: I) -> B:
        """Whether each local day is a holiday."""
        return np.isin(days, np.array(sorted(self.holidays), dtype=np.int64))

    def off(self, days: I) -> B:
        """Whether each local day is a weekend's or a holiday."""
        free: B = self.weekday(days) >= 5
        return free


@dataclass(frozen=True, eq=False)
class Ahead:
    """What is to be forecast, seen from an origin.

    Attributes:
        day: local day of the origin, since 1970.
        slot: its slot of that day: the first that is not known.
        days: (H,) local day of each target.
        slots: (H,) slot of the day of each target.
        lead: (H,) steps from the origin to each target, 0 for the first.
    """

    day: int
    slot: int
    days: I
    slots: I
    lead: I

    @classmethod
    def at(cls, calendar: Calendar, origin: int, steps: int) -> Ahead:
        """The `steps` readings that follow `origin`, epoch seconds."""
        lead = np.arange(steps, dtype=np.int64)
        days, slots = calendar.place(origin + calendar.step_s * lead)
        return cls(int(days[0]), int(slots[0]), days, slots, lead)

    def before(self, days: int, per_day: int, leads: I) -> Ahead:
        """The same origin some whole days earlier, only the targets at `leads`."""
        where = self.slot + leads
        day = self.day - days
        return Ahead(day, self.slot, day + where // per_day, where % per_day, leads)
