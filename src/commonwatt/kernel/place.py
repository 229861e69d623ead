"""Where a city lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from commonwatt.kernel.units import I


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
