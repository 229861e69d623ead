"""Lead times by which forecasts are judged: how long after its issue the end of a slot lies."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import I

LEADS_H = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 36.0)
"""Upper ends of the groups of lead times, hours."""
_EDGES_S = np.array([int(3600 * hours) for hours in LEADS_H])


def groups(window: Window, issued_at: int) -> I:
    """(T,) group of LEADS_H each slot belongs to; beyond the last it is the last.

    >>> groups(Window.uniform(0, 6), 0).tolist()
    [0, 1, 2, 2, 3, 3]
    """
    found = np.searchsorted(_EDGES_S, window.edges[1:] - issued_at)
    return np.minimum(found, len(LEADS_H) - 1)
