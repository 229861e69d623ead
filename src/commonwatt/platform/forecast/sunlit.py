"""What follows the sun: half the ensemble as it is, half of it on shares of a clear day.

A share is what was measured over what a clear sky would have given just then. Of a clear day the
astronomy is known, how the panels lie is a plane found by least squares, and what is left, trees or
a house next door, is a shape by step of the day. Days that grow, dawns and dusks need not be
learned then, bands are narrow where there is little light, and nights have none. The half that
speaks in watts weighs noon more than dusk, which shares do not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import B, F, I
from commonwatt.physics.sun import clear_sky_w_m2, sun
from commonwatt.platform.forecast.ensemble import LEVELS, Ensemble, Issued, Series

SUNLIT = "sunlit"
"""How the name of what serves begins."""
FINE_S = 900
"""Coarser steps are averaged from instants this far apart."""
STEEPEST_DEG = 88.0
DARK = 0.03
"""Share of the brightest clear sky under which shares say nothing."""
CLEAR = 0.9
"""Quantile of what came over the clear sky that passes for a clear day's."""
STILL = 0.01
"""What gives less than this by night of what it gives by day follows the sun."""
LEAST = 0.1
"""A plane never gets less than this share of what level ground would make of the light."""
BRIGHTEST = 1.5
LEAST_DAYS = 7
SMOOTH_H = 1


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
    """(T,3) light of a cloudless sky in each step: on level ground, and to the east and the south.

    The first is W/m². The others are what a wall facing there would get of it, negative from
    behind, so that any plane's light is about a mixture of the three.
    """
    where = Place(*place, 0.0, series.zone)
    parts = max(1, series.step_s // FINE_S)
    inside = (np.arange(parts) + 0.5) * (series.step_s / parts)
    instants = (series.time[:, None] + inside).ravel()
    level, seen = clear_sky_w_m2(instants, where), sun(instants, where)
    wall = level * np.tan(np.radians(np.minimum(seen.zenith_deg, STEEPEST_DEG)))
    azimuth = np.radians(seen.azimuth_deg)
    light = np.column_stack([level, wall * np.sin(azimuth), -wall * np.cos(azimuth)])
    mean: F = light.reshape(len(series.value), parts, 3).mean(axis=1)
    return mean


def follows_the_sun(value: F, level: F) -> bool:
    """Whether `value` (T,) rests at night and works by day, `level` (T,) being the clear sky's."""
    known = np.isfinite(value)
    night, day = value[known & (level <= 0)], value[known & (level > DARK * level.max())]
    if not night.size or not day.size or day.mean() <= 0:
        return False
    return bool(np.abs(night).mean() < STILL * day.mean() and day.min() > -STILL * day.max())


@dataclass(frozen=True)
class Sunlit:
    """A fitted forecaster of what follows the sun.

    Attributes:
        whole: the ensemble of the series as it is.
        shares: the ensemble of its shares of a clear day.
        unit: (T,) what a clear sky would give.
        light: (T,) of a clear sky on level ground.
        night: (Q,) quantiles of what is measured without sun.
    """

    whole: Ensemble
    shares: Ensemble
    unit: F
    light: F
    night: F

    @classmethod
    def fit(cls, series: Series, origin: int, horizon: int, sky: F, cause: str = "") -> Sunlit:
        """Learn what was known before step `origin`; `sky` (T,3) is `clear_sky`.

        A `cause` for learning just now becomes part of the reason.
        """
        value, light = series.value[:origin], sky[:, 0]
        unit = _unit(series, origin, sky)
        night = value[np.isfinite(value) & (light[:origin] <= 0)]
        return cls(
            whole=Ensemble.fit(series, origin, horizon, cause),
            shares=Ensemble.fit(_shares(series, unit, light), origin, horizon),
            unit=unit,
            light=light,
            night=np.quantile(night, LEVELS) if night.size else np.zeros(len(LEVELS)),
        )

    def issue(self, series: Series, origin: int) -> Issued:
        """The forecast of the steps from `origin` on."""
        whole = self.whole.issue(series, origin)
        share = self.shares.issue(_shares(series, self.unit, self.light), origin)
        ahead = slice(origin, origin + len(share.point))
        unit, dark = self.unit[ahead], self.light[ahead] <= 0
        point = (whole.point + share.point * unit) / 2
        quantiles = (whole.quantiles + share.quantiles * unit[:, None]) / 2
        point[dark], quantiles[dark] = self.night[LEVELS.index(0.5)], self.night
        reason = f"half of it shares of a clear day, of which {share.reason}; of the rest, "
        name, drift = f"{SUNLIT} {whole.model}", whole.drift or share.drift
        return Issued(origin, point, quantiles, name, reason + whole.reason, drift)


def _unit(series: Series, origin: int, sky: F) -> F:
    """(T,) what a clear sky would give, learned before `origin`."""
    value = series.value[:origin]
    bright = _bright(sky[:, 0])
    fine = np.flatnonzero(np.isfinite(value) & bright[:origin])
    lie = np.linalg.lstsq(sky[fine], value[fine], rcond=None)[0]
    plane = np.maximum(sky @ lie, LEAST * abs(lie[0]) * sky[:, 0])
    step = series.time // series.step_s % series.day  # of the UTC day: the sun keeps no summer time
    ratio = value[fine] / np.maximum(plane[fine], 1e-12)
    shape = _shape(ratio, step[fine], series)
    unit: F = plane * shape[step]
    return unit


def _shape(ratio: F, step: I, series: Series) -> F:
    """(D,) a high quantile by step of the day of what came over what the plane would get."""
    shape = np.full(series.day, max(0.0, float(np.quantile(ratio, CLEAR))))
    for one in np.unique(step):
        mine = ratio[step == one]
        if mine.size >= LEAST_DAYS:
            shape[one] = max(0.0, float(np.quantile(mine, CLEAR)))
    reach = SMOOTH_H * 3600 // series.step_s
    smooth: F = np.mean([np.roll(shape, k) for k in range(-reach, reach + 1)], axis=0)
    return smooth


def _shares(series: Series, unit: F, light: F) -> Series:
    """The series, and what of its weather follows the sun, as shares of a clear day's."""
    bright = _bright(light)
    columns = [
        _over(column, light, bright) if follows_the_sun(column, light) else column
        for column in series.weather.T
    ]
    weather = np.column_stack(columns) if columns else series.weather
    return replace(series, value=_over(series.value, unit, bright), weather=weather)


def _bright(light: F) -> B:
    bright: B = light > DARK * light.max()
    return bright


def _over(value: F, unit: F, bright: B) -> F:
    share: F = np.where(bright & (unit > 0), value / np.where(unit > 0, unit, 1.0), np.nan)
    return np.clip(share, 0.0, BRIGHTEST)
