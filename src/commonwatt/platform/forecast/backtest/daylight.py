"""What the sun would give under a cloudless sky: known for ever, from the place alone."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import F
from commonwatt.physics.sun import clear_sky_w_m2
from commonwatt.platform.forecast.ensemble import Series

FINE_S = 900
"""Coarser steps are averaged from instants this far apart."""


def place_of(words: str) -> tuple[float, float]:
    """Degrees north and east from `LAT,LON`.

    >>> place_of("-37.8, 145")
    (-37.8, 145.0)
    """
    try:
        north, east = (float(part) for part in words.split(","))
    except ValueError as reason:
        raise InvalidInput(f"--place {words} is not LAT,LON; say 52.1,5.2") from reason
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise InvalidInput(f"--place {words} is not on earth; say degrees north, degrees east")
    return north, east


def clear_sky(series: Series, place: tuple[float, float]) -> F:
    """(T,) mean clear-sky irradiance of each step on level ground by the sea, W/m²."""
    where = Place(*place, 0.0, series.zone)
    parts = max(1, series.step_s // FINE_S)
    inside = (np.arange(parts) + 0.5) * (series.step_s / parts)
    instants = (series.time[:, None] + inside).ravel()
    mean: F = clear_sky_w_m2(instants, where).reshape(-1, parts).mean(axis=1)
    return mean
