"""What the models look at: calendar, sun and weather, the same columns for every series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather
from commonwatt.physics.sun import sun

BLOCKS = 6
"""Blocks of four hours by which the spread of errors is told apart."""
GROUPS = 7 * SLOTS_PER_DAY
"""Slots of a week, Monday first."""

_TWILIGHT = 0.02


@dataclass(frozen=True, eq=False)
class Features:
    """K slots as the models see them.

    Attributes:
        matrix: (K,P) columns of the regression, each of order one.
        group: (K,) row of the seasonal table, 0…GROUPS-1.
        block: (K,) which four hours of the day, 0…BLOCKS-1.
        scale: (K,) unit in which seasonal tables and errors are kept: 1, or for solar series the
            height of the sun, so that a clearness seen at noon says the right thing about 5 p.m.
    """

    matrix: F
    group: I
    block: I
    scale: F

    def at(self, rows: I | slice) -> Features:
        """The same for some slots only."""
        return Features(self.matrix[rows], self.group[rows], self.block[rows], self.scale[rows])


def sky(times: I, place: Place) -> F:
    """(4,T) of slots starting at `times`: to the sun (east, north, up), local offset in s.

    >>> greenwich = Place(latitude=51.48, longitude=0.0, altitude_m=0, zone="UTC")
    >>> east, north, up, _ = sky(np.array([1_718_971_200]), greenwich)  # 2024-06-21 12:00 UTC
    >>> round(float(np.degrees(np.arcsin(up[0])))), bool(north[0] < 0)
    (62, True)
    """
    first, last = int(times.min()) // DAY_S, int(times.max()) // DAY_S
    days = np.concatenate([_sky_of_day(day, place) for day in range(first, last + 1)], axis=1)
    return days[:, (times - first * DAY_S) // SLOT_S]


@lru_cache(maxsize=256)
def _sky_of_day(day: int, place: Place) -> F:
    """(4,96) of one UTC day: successive forecasts ask for the same days again and again."""
    times = day * DAY_S + SLOT_S * np.arange(SLOTS_PER_DAY, dtype=np.int64)
    seen = sun(times + SLOT_S // 2, place)
    zenith, azimuth = np.radians(seen.zenith_deg), np.radians(seen.azimuth_deg)
    flat = np.sin(zenith)
    return np.stack(
        [flat * np.sin(azimuth), flat * np.cos(azimuth), np.cos(zenith), place.offset_s(times)]
    )


def seen(times: I, weather: Weather, place: Place, *, solar: bool) -> Features:
    """The features of slots starting at `times` (K,), for solar or for other series."""
    above = sky(times, place)
    return _solar(times, weather, place, above) if solar else _social(times, weather, above)


def unit(above: F, *, solar: bool) -> F:
    """(T,) unit of errors under the sky `above` (4,T): 1, or the height of the sun."""
    return np.maximum(above[2] + _TWILIGHT, 0) if solar else np.ones(above.shape[1])


def _social(times: I, weather: Weather, above: F) -> Features:
    """People's days: harmonics of local time, weekends, temperature, light."""
    local = times + above[3].astype(np.int64)
    slot = (local % DAY_S) // SLOT_S
    weekday = (local // DAY_S + 3) % 7
    weekend = (weekday >= 5).astype(float)
    wave = np.exp(2j * np.pi * (slot + 0.5) / SLOTS_PER_DAY)
    waves = [part for k in range(1, 7) for part in ((wave**k).real, (wave**k).imag)]
    one = np.ones(times.size)
    warm = (weather.temperature_c - 10) / 10
    bright = weather.ghi_w_m2 / 500
    columns = [one, *waves]
    columns += [weekend * w for w in (one, *waves[:6])]
    columns += [(weekday == 6) * w for w in (one, *waves[:2])]
    columns += [value * w for value in (warm, bright) for w in (one, *waves[:2])]
    columns += [np.maximum(0.5 - warm, 0), np.maximum(above[2], 0)]
    return Features(
        matrix=np.stack(columns, axis=1),
        group=slot + SLOTS_PER_DAY * weekday,
        block=slot * BLOCKS // SLOTS_PER_DAY,
        scale=one,
    )


def _solar(times: I, weather: Weather, place: Place, above: F) -> Features:
    """Roofs: the irradiance on any plane is linear in diffuse light and the beam's components."""
    east, north = above[:2]
    height = unit(above, solar=True)
    lit = height > 0
    light, diffuse = (lit * w / 500 for w in (weather.ghi_w_m2, weather.dhi_w_m2))
    beam = np.clip((light - diffuse) / np.maximum(height, 0.1), 0, 2)
    warm = (weather.temperature_c - 10) / 10
    columns = [
        light, diffuse, beam * east, beam * north, beam * np.maximum(east, 0), light * warm,
        light**2, light * east, light * north, height, height * east, height * north, height**2,
    ]  # fmt: skip
    slot = ((times + round(place.longitude * 240)) % DAY_S) // SLOT_S
    return Features(
        matrix=np.stack(columns, axis=1),
        group=slot,
        block=slot * BLOCKS // SLOTS_PER_DAY,
        scale=height,
    )


def is_solar(values: F, times: I, place: Place) -> bool:
    """Whether series `values` (K,N) never turn negative, rest at night and work by day."""
    up = sky(times, place)[2]
    night, day = values[up < -0.1], values[up > 0.1]
    if not np.isfinite(night).any() or not np.isfinite(day).any() or np.nanmin(values) < 0:
        return False
    return bool(np.nanmean(night) < 0.01 * np.nanmean(day))
