"""The weather that SimBench's measured roofs saw, so that weather and roofs agree.

Irradiance is the clear sky times a clearness read from the mean of SimBench's eight PV profiles:
their output over what they give at the same time of day on the clearest days within two weeks.
Where the sun is too low to tell, the day's own clearness stands in. Diffuse light follows from
global by Erbs et al. (1982). Temperature and wind are those of the test reference year of region 4
(north-east German lowland, where SimBench's grids are drawn), day by calendar day.

SimBench's roofs run about 50 minutes ahead of the sun at their place, summer and winter; they are
left as published, so within a day clouds follow the roofs and the sun's height follows the sun.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pvlib import irradiance

from commonwatt.kernel.intervals import SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import F
from commonwatt.physics.sun import clear_sky_w_m2, sun
from commonwatt.physics.weather import reference_year

REGION = 4
_REACH_DAYS = 14
_CLEAREST = 3
_FAINT = 0.02


def weather_series(output: F, window: Window, place: Place) -> Mapping[str, F]:
    """Weather of whole days as the city's signals.

    Args:
        output: (T,) mean output of the roofs per rated kW.
        window: its slots, whole days of quarter hours.
        place: where the roofs are.

    Returns:
        `weather.*` by name, each (T,).
    """
    middle = (window.edges[:-1] + window.edges[1:]) // 2
    seen = sun(middle, place)
    ceiling = seen.sine * seen.extra_w_m2
    ghi = np.minimum(clear_sky_w_m2(middle, place) * clearness(output), ceiling)
    day = middle.astype("datetime64[s]").astype("datetime64[D]")
    day_of_year = 1 + (day - day.astype("datetime64[Y]").astype(day.dtype)).astype(np.int64)
    dhi = irradiance.erbs(ghi, seen.zenith_deg, day_of_year)["dhi"]
    typical = reference_year(REGION).over(window, place)
    return {
        "weather.ghi_w_m2": ghi,
        "weather.dhi_w_m2": np.clip(np.nan_to_num(dhi), 0.0, ghi),
        "weather.temperature_c": typical.temperature_c,
        "weather.wind_m_s": typical.wind_m_s,
    }


def clearness(output: F) -> F:
    """(T,) share of a clear day's sun in whole days of PV output (T,), between 0 and 1.

    The clear day of a time of day is the third-highest output within two weeks either way (the
    highest are gleams between clouds), taken around the year's end as if it were a ring.
    """
    days = output.reshape(-1, SLOTS_PER_DAY)
    near = np.arange(-_REACH_DAYS, _REACH_DAYS + 1)
    ring = np.stack([np.roll(days, -shift, axis=0) for shift in near])
    envelope = np.partition(ring, -_CLEAREST, axis=0)[-_CLEAREST]
    whole = days.sum(axis=1, keepdims=True) / np.maximum(
        envelope.sum(axis=1, keepdims=True), _FAINT
    )
    share = np.where(envelope > _FAINT, days / np.maximum(envelope, _FAINT), whole)
    bounded: F = np.clip(share, 0.0, 1.0).ravel()
    return bounded
