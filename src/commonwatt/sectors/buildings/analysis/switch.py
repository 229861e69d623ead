"""What a building's time switch wants: comfort from some hours before it opens, else setback."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import SECONDS_PER_HOUR, F
from commonwatt.sectors.buildings.analysis.hours import open_share

MONDAY = 0
PREHEAT_H = 6
"""Hours before opening at which the switch turns to comfort."""
MONDAY_PREHEAT_H = 18
"""The same after a week-end, in which walls have cooled."""
_AHEAD = MONDAY_PREHEAT_H * SECONDS_PER_HOUR // SLOT_S + 1


def set_point_c(table: Table, place: Place, now: int) -> F:
    """(N,) set point of the time switches in the slot that starts at `now`."""
    ahead = Window.uniform(now, _AHEAD)
    hours = np.where(place.weekday(ahead.starts) == MONDAY, MONDAY_PREHEAT_H, PREHEAT_H)
    near = ahead.starts - now <= hours * SECONDS_PER_HOUR
    wakes = ((open_share(table, place, ahead) > 0) & near).any(axis=1)
    return np.where(wakes, table.f("set_c"), table.f("setback_c"))
