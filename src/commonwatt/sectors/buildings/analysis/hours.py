"""When buildings are open: Monday to Friday, by local time. Holidays are not known."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import SECONDS_PER_HOUR, B, F

SATURDAY = 5


def open_share(table: Table, place: Place, window: Window) -> F:
    """(N,T) share of each slot in which the buildings of `table` are open."""
    fine = window.fine(SLOT_S)
    begin = place.local(fine.starts) % DAY_S
    opens, closes = (table.f(name)[:, None] * SECONDS_PER_HOUR for name in ("open_h", "close_h"))
    inside = np.minimum(begin + SLOT_S, closes) - np.maximum(begin, opens)
    works = place.weekday(fine.starts) < SATURDAY
    return window.average(np.clip(inside / SLOT_S, 0.0, 1.0) * works)


def comfort_due(table: Table, place: Place, window: Window) -> B:
    """(N,T) whether rooms must be warm at the end of each slot: open in it, or opening then."""
    after = Window.uniform(window.start + SLOT_S, (window.end - window.start) // SLOT_S)
    opening = open_share(table, place, after) > 0
    last = (window.edges[1:] - window.start) // SLOT_S - 1
    due: B = (open_share(table, place, window) > 0) | opening[:, last]
    return due
