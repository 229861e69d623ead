"""Heat balances of measured buildings and tanks, on nameplates: what must have come and gone.

Gains come from the air's balance (`OneLevel.gain`), which hardly depends on uncertain nameplates;
what the mass's balance then still lacks (a wrong loss, capacity or COP) is the drift:
`physics.heating`.
"""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.units import F
from commonwatt.physics.thermal import TANK_SUPPLY_C, Tank, cop


def use_kw(tank: Tank, level_kwh: F, power_kw: F, outdoor_c: F, hours: F) -> F:
    """(N,T) heat drawn as hot water.

    Args:
        tank: the tanks.
        level_kwh: (N,T+1) level at slot edges.
        power_kw: (N,T) electricity of the tanks' heat pumps.
        outdoor_c: (T,).
        hours: (T,).
    """
    heated = cop(outdoor_c, TANK_SUPPLY_C) * power_kw * hours
    drawn = (tank.keep(hours) * level_kwh[:, :-1] + heated - level_kwh[:, 1:]) / hours
    return np.where(np.isnan(drawn), np.nan, np.maximum(drawn, 0.0))
