"""When it is dark enough for lamps: the astronomical clock every controller carries.

Lamps burn while the sun's centre is more than 3.5° below the horizon. A clear sky then leaves some
25 lx on the ground (about 400 lx at sunset, 3.4 lx at the end of civil twilight at -6°, falling
evenly in its logarithm), within the 20 to 35 lx at which cities switch. Clouds bring dusk forward
by some minutes; a clock does not see them.
"""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import F
from commonwatt.physics.sun import sun

DARK_BELOW_DEG = -3.5


def dark_share(window: Window, place: Place) -> F:
    """(T,) share of each slot in which it is dark.

    Within a quarter hour the sun's height is taken to change evenly, which errs by seconds.

    >>> zurich = Place(47.4, 8.5, 400.0, "Europe/Zurich")
    >>> noon_to_noon = Window.uniform(1_466_506_800, 96)  # 21 June 2016, 11:00 UTC
    >>> float(round(dark_share(noon_to_noon, zurich).sum() / 4, 1))  # hours of that night
    7.4
    """
    fine = window.fine(SLOT_S)
    height = 90.0 - sun(fine.edges, place).zenith_deg - DARK_BELOW_DEG
    before, after = height[:-1], height[1:]
    change = after - before
    crossing = np.divide(-before, change, out=np.zeros_like(change), where=change != 0)
    share = np.where(
        (before <= 0) & (after <= 0),
        1.0,
        np.where((before > 0) & (after > 0), 0.0, np.where(before <= 0, crossing, 1 - crossing)),
    )
    return window.average(share)
