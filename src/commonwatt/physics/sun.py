"""Where the sun stands, what reaches the ground and a tilted roof, and what a panel makes of it.

The astronomy and the empirical models are pvlib's (Anderson et al. 2023, JOSS 8(92), 5994), called
on plain arrays. All times are instants: give the middles of slots, not their starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pvlib import atmosphere, clearsky, inverter, irradiance, pvsystem, spa, temperature

from commonwatt.kernel.place import Place
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather

_DELTA_T_S = 67.0
_REFRACTION_DEG = 0.5667
_LINKE_TURBIDITY = 3.5
_LOWEST_SUN_DEG = 1.0
_TEMPERATURE_COEFFICIENT = -0.0035
_DC_LOSSES = 0.12
_INVERTER_EFFICIENCY = 0.96


@dataclass(frozen=True, kw_only=True, eq=False)
class Sun:
    """The sun seen from one place.

    Attributes:
        zenith_deg: (T,) apparent angle from straight up; above 90 it is night.
        azimuth_deg: (T,) clockwise from north.
        extra_w_m2: (T,) irradiance on a plane facing the sun above the atmosphere.
    """

    zenith_deg: F
    azimuth_deg: F
    extra_w_m2: F

    @property
    def sine(self) -> F:
        """(T,) sine of the elevation, 0 at night: how horizontal ground sees the sun."""
        return np.maximum(np.cos(np.radians(self.zenith_deg)), 0.0)


def sun(times: I | F, place: Place) -> Sun:
    """Position of the sun at instants `times` (T,), epoch seconds.

    Source: NREL's solar position algorithm (Reda & Andreas 2004), good to 0.0003°; extraterrestrial
    irradiance after Spencer (1971).
    """
    seconds = np.asarray(times, dtype=np.float64)
    pressure_hpa = atmosphere.alt2pres(place.altitude_m) / 100
    zenith, _, _, _, azimuth, _ = spa.solar_position(
        seconds,
        place.latitude,
        place.longitude,
        place.altitude_m,
        pressure_hpa,
        12.0,
        _DELTA_T_S,
        _REFRACTION_DEG,
        1,
    )
    days = seconds.astype(np.int64).astype("datetime64[s]").astype("datetime64[D]")
    day_of_year = 1 + (days - days.astype("datetime64[Y]").astype(days.dtype)).astype(np.float64)
    extra = irradiance.get_extra_radiation(day_of_year)
    return Sun(zenith_deg=zenith, azimuth_deg=azimuth, extra_w_m2=extra)


def clear_sky_w_m2(times: I | F, place: Place) -> F:
    """(T,) global horizontal irradiance under a cloudless sky, 0 at night.

    Source: Ineichen & Perez (2002) with a Linke turbidity of 3.5, usual over Central Europe.
    """
    seen = sun(times, place)
    zenith = np.minimum(seen.zenith_deg, 90.0 - _LOWEST_SUN_DEG)
    thick = atmosphere.get_absolute_airmass(
        atmosphere.get_relative_airmass(zenith), atmosphere.alt2pres(place.altitude_m)
    )
    ghi = clearsky.ineichen(zenith, thick, _LINKE_TURBIDITY, place.altitude_m, seen.extra_w_m2)[
        "ghi"
    ]
    low = seen.sine / np.sin(np.radians(_LOWEST_SUN_DEG))
    faded: F = ghi * np.minimum(low, 1.0)
    return faded


def plane_of_array(seen: Sun, weather: Weather, tilt_deg: F, azimuth_deg: F) -> F:
    """Irradiance on N tilted planes: (N,T) W/m².

    Args:
        seen: the sun at the T instants the weather is for.
        weather: (T,).
        tilt_deg: (N,) from the horizontal.
        azimuth_deg: (N,) 90 east, 180 south, 270 west.

    Source: transposition after Hay & Davies (1980), ground albedo 0.25.
    """
    lowest = np.sin(np.radians(_LOWEST_SUN_DEG))
    direct = (weather.ghi_w_m2 - weather.dhi_w_m2) / np.maximum(seen.sine, lowest)
    beam = np.clip(direct, 0.0, seen.extra_w_m2)
    total = irradiance.get_total_irradiance(
        np.asarray(tilt_deg, float)[:, None],
        np.asarray(azimuth_deg, float)[:, None],
        seen.zenith_deg,
        seen.azimuth_deg,
        beam,
        weather.ghi_w_m2,
        weather.dhi_w_m2,
        dni_extra=seen.extra_w_m2,
        model="haydavies",
    )["poa_global"]
    lit: F = np.where(weather.ghi_w_m2 > 0, np.maximum(total, 0.0), 0.0)
    return lit


def pv_per_rated_kw(times: I | F, place: Place, weather: Weather, tilt_deg: F, azimuth_deg: F) -> F:
    """AC output of N roofs per rated kW, positive: (N,T).

    Args:
        times: (T,) instants, epoch seconds: the middles of the slots.
        place: where the roofs are.
        weather: (T,).
        tilt_deg: (N,) from the horizontal.
        azimuth_deg: (N,) 180 is south.

    Source: plane of array as above; cell temperature after Faiman (2008); PVWatts 5 module (−0.35 %
    per kelvin, 12 % losses for soiling, reflection, mismatch and wiring) and inverter (96 %, which
    clips at the rated power).
    """
    plane = plane_of_array(sun(times, place), weather, tilt_deg, azimuth_deg)
    cell = temperature.faiman(plane, weather.temperature_c, weather.wind_m_s)
    direct = pvsystem.pvwatts_dc(plane, cell, 1.0, _TEMPERATURE_COEFFICIENT) * (1 - _DC_LOSSES)
    with np.errstate(divide="ignore", invalid="ignore"):
        output = inverter.pvwatts(direct, 1.0, eta_inv_nom=_INVERTER_EFFICIENCY)
    bounded: F = np.clip(np.nan_to_num(output), 0.0, 1.0)
    return bounded
