"""Heat balances of measured buildings and tanks, on nameplates: what must have come and gone.

Gains come from the air's balance, which hardly depends on uncertain nameplates; what the mass's
balance then still lacks (a wrong loss, capacity or COP) is the drift: `physics.heating`.
"""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.units import F
from commonwatt.physics.thermal import TANK_SUPPLY_C, OneLevel, Tank, cop


def gain_kw(one: OneLevel, air_c: F, mass_c: F, outdoor_c: F) -> F:
    """(N,T) useful heat of sun and people that explains the measured room air.

    Args:
        one: the buildings, by nameplate.
        air_c: (N,T) room air at slot ends.
        mass_c: (N,T) mass at slot ends.
        outdoor_c: (T,) outdoor air.
    """
    return one.gain(air_c, mass_c, outdoor_c)


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
