"""Where a city lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import I

_THURSDAY = 3
"""The weekday, counted from Monday, on which the epoch began."""


@dataclass(frozen=True)
class Place:
    """A point on the earth, degrees north and east, with its civil time zone."""

    latitude: float
    longitude: float
    altitude_m: float
    zone: str

    def offset_s(self, times: I) -> I:
        """(T,) seconds that local civil time is ahead of UTC at each of `times`.

        Offsets change at whole quarter hours, so one look-up per distinct day and hour suffices.
        """
        zone = ZoneInfo(self.zone)
        hours, back = np.unique(times // 3600, return_inverse=True)
        offsets = [
            zone.utcoffset(datetime.fromtimestamp(int(h) * 3600, tz=UTC).astimezone(zone))
            for h in hours
        ]
        seconds = np.array([0 if o is None else int(o.total_seconds()) for o in offsets], np.int64)
        return seconds[back]

    def local(self, times: I) -> I:
        """(T,) local wall-clock seconds since 1970 (for hour and weekday, not for sums)."""
        return times + self.offset_s(times)

    def weekday(self, times: I) -> I:
        """(T,) local day of the week, 0 for Monday.

        >>> Place(51.3, 9.5, 200.0, "Europe/Berlin").weekday(np.array([1_452_470_400])).tolist()
        [0]
        """
        days: I = (self.local(times) // DAY_S + _THURSDAY) % 7
        return days
