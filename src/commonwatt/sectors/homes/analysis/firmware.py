"""What devices in homes want on their own: tank thermostat, peak shaving."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.units import B, F

REHEAT_SHARE = 0.6
"""A tank's thermostat reheats below this share of full."""


def tank_kw(level_kwh: F, full_kwh: F, heating: B, rated_kw: F) -> tuple[F, B]:
    """(power, heating) of tank thermostats: on below `REHEAT_SHARE`, off when full. Each (N,)."""
    on = (level_kwh < REHEAT_SHARE * full_kwh) | (heating & (level_kwh < 0.99 * full_kwh))
    return np.where(on, rated_kw, 0.0), on


def shaved_above(surplus_kw: F, energy_kwh: F, hours: float) -> F:
    """Threshold (N,) above which a surplus curve just holds the given energy; 0 where it is less.

    Args:
        surplus_kw: (N,T) power per slot.
        energy_kwh: (N,) energy wanted from above the threshold.
        hours: width of a slot.

    >>> shaved_above(np.array([[1.0, 4.0, 3.0]]), np.array([3.0]), 1.0)
    array([2.])
    """
    falling = -np.sort(-surplus_kw, axis=1)
    slots = np.arange(1, surplus_kw.shape[1] + 1)
    level = (np.cumsum(falling, axis=1) - energy_kwh[:, None] / hours) / slots
    threshold: F = np.maximum(level.max(axis=1, initial=0.0), 0.0)
    return threshold
