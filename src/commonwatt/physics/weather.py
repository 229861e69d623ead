"""Weather: test reference years as the truth, and what a forecaster would have said about it.

The German weather service's test reference years of 2010 (TRY, 15 climate regions, hourly) come
with the package demandlib. The forecast-error model is ours; `issued` states it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather
from commonwatt.physics.sun import clear_sky_w_m2, sun

REGIONS = range(1, 16)
"""Climate regions that have a test reference year."""

_HOUR_S = 3600
_DAY_S = 86_400
_YEAR_HOURS = 8760
_WIND, _TEMPERATURE, _BEAM, _DIFFUSE = 7, 8, 13, 14
"""Columns of a TRY file, counted from 0."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferenceYear:
    """A typical year, hour by hour in local standard time, without a 29 February.

    Attributes:
        region: climate region, 1…15 (12: Upper Rhine).
        hourly: (8760,) each; row h holds for h+½ to h+1½, that is, around the full hour the file
            names. (The files call it "hour, CET" and say no more; around the full hour, the centre
            of a day's irradiance falls on the sun's noon, while half an hour earlier, an hour
            ending there, roofs facing east would earn a sixth more than roofs facing west.)
    """

    region: int
    hourly: Weather

    def over(self, window: Window, place: Place) -> Weather:
        """The year's weather in any slots of any year, mapped by local standard calendar day.

        29 February repeats the 28th. Temperature and wind run linearly between full hours.
        Irradiance within a row's hour follows the clear sky, keeps the hour's mean wherever the
        sun is up, and is 0 at night.

        Args:
            window: whole quarter hours.
            place: sets sun and time zone.
        """
        half = _HOUR_S // 2
        start = (window.start - half) // _HOUR_S * _HOUR_S + half
        hours = -(-(window.end - start) // _HOUR_S)
        middle = start + SLOT_S // 2 + SLOT_S * np.arange(hours * _HOUR_S // SLOT_S)
        standard = middle + _standard_offset_s(window, place)
        ghi, dhi = self._irradiance(standard, middle, place)
        first = (window.start - start) // SLOT_S
        last = (window.end - start) // SLOT_S
        part = slice(first, last)
        return Weather(
            temperature_c=window.average(_linear(self.hourly.temperature_c, standard)[part]),
            wind_m_s=window.average(_linear(self.hourly.wind_m_s, standard)[part]),
            ghi_w_m2=window.average(ghi[part]),
            dhi_w_m2=window.average(dhi[part]),
        )

    def _irradiance(self, standard: I, middle: I, place: Place) -> tuple[F, F]:
        per_hour = _HOUR_S // SLOT_S
        shape = clear_sky_w_m2(middle, place).reshape(-1, per_hour)
        mean = shape.mean(axis=1, keepdims=True)
        weight = np.divide(shape, mean, out=np.zeros_like(shape), where=mean > 0).ravel()
        hour = _hour_of_year(standard - _HOUR_S // 2)
        seen = sun(middle, place)
        ceiling = seen.sine * seen.extra_w_m2
        ghi = np.minimum(self.hourly.ghi_w_m2[hour] * weight, ceiling)
        dhi = np.minimum(self.hourly.dhi_w_m2[hour] * weight, ghi)
        return ghi, dhi


def reference_year(region: int) -> ReferenceYear:
    """The test reference year of one German climate region.

    Raises:
        InvalidInput: there is no such region, or the installed file is not what it should be.
    """
    if region not in REGIONS:
        msg = f"there is no test reference year for region {region}; use 1 to 15"
        raise InvalidInput(msg)
    name = f"TRY2010_{region:02d}_Jahr.dat"
    path = files("demandlib") / "vdi" / "resources_weather" / name
    if not path.is_file():
        msg = f"the installed demandlib does not carry {name}; reinstall demandlib"
        raise InvalidInput(msg)
    text = path.read_text(encoding="utf-8")
    rows = text.partition("***")[2].strip().splitlines()
    table = np.array([row.split() for row in rows], dtype=np.float64)
    if table.shape[0] != _YEAR_HOURS:
        msg = f"{name} holds {table.shape[0]} hours instead of {_YEAR_HOURS}; reinstall demandlib"
        raise InvalidInput(msg)
    hourly = Weather(
        temperature_c=table[:, _TEMPERATURE],
        wind_m_s=table[:, _WIND],
        ghi_w_m2=table[:, _BEAM] + table[:, _DIFFUSE],
        dhi_w_m2=table[:, _DIFFUSE],
    )
    return ReferenceYear(region=region, hourly=hourly)


def _standard_offset_s(window: Window, place: Place) -> int:
    """Seconds that local standard time is ahead of UTC: the lesser offset of winter and summer."""
    january = np.datetime64(window.start, "s").astype("datetime64[Y]").astype("datetime64[s]")
    midwinter = int(january.astype(np.int64))
    return int(place.offset_s(np.array([midwinter, midwinter + 182 * _DAY_S])).min())


def _hour_of_year(standard: I) -> I:
    """(T,) hour 0…8759 of local standard seconds in a year without 29 February."""
    days = (standard // _DAY_S).astype("datetime64[D]")
    year = days.astype("datetime64[Y]")
    first = year.astype("datetime64[D]")
    day = (days - first).astype(np.int64)
    length = ((year + 1).astype("datetime64[D]") - first).astype(np.int64)
    day -= (length == 366) & (day >= 59)
    hour: I = day * 24 + standard % _DAY_S // _HOUR_S
    return hour


def _linear(hourly: F, standard: I) -> F:
    """(T,) values on the line between full hours."""
    before = hourly[_hour_of_year(standard - _HOUR_S)]
    after = hourly[_hour_of_year(standard)]
    share = standard % _HOUR_S / _HOUR_S
    line: F = before + (after - before) * share
    return line


@dataclass(frozen=True, kw_only=True)
class ErrorModel:
    """How wrong one forecast quantity is.

    The error at a valid time t, issued `lead` before it, is `σ(lead)·z(t)`. z is a unit normal
    process over valid time with correlation falling by `memory` per hour, so successive issues for
    one moment err in the same direction and shrink towards the truth as it draws near.
    σ(lead) = `day_ahead`·√((1−e^(−lead/`growth_h`)) / (1−e^(−24/`growth_h`))).

    Attributes:
        stream: names its luck.
        day_ahead: σ at a lead of 24 h.
        growth_h: hours in which most of it has built up.
        memory: correlation of z after an hour.
    """

    stream: str
    day_ahead: float
    growth_h: float
    memory: float

    def draw(self, middle: I, issued_at: int, rng: Rng) -> F:
        """(T,) errors for valid times `middle`, epoch seconds."""
        lead_h = np.maximum(middle - issued_at, 0) / _HOUR_S
        grown = np.expm1(-lead_h / self.growth_h) / np.expm1(-24 / self.growth_h)
        errors: F = self.day_ahead * np.sqrt(grown) * self._unit(middle, rng)
        return errors

    def _unit(self, middle: I, rng: Rng) -> F:
        reach = int(np.ceil(np.log(0.01) / np.log(self.memory)))
        first, last = middle[0] // _HOUR_S, middle[-1] // _HOUR_S + 1
        kernel = self.memory ** np.arange(reach + 1)
        kernel /= np.sqrt(np.sum(kernel**2))
        luck = rng.normal(self.stream, 0, np.arange(first - reach, last + 1))
        hourly = np.convolve(luck, kernel, mode="valid")
        step = middle // _HOUR_S - first
        share = middle % _HOUR_S / _HOUR_S
        line = (1 - share) * hourly[step] + share * hourly[step + 1]
        spread = (1 - share) ** 2 + share**2 + 2 * share * (1 - share) * self.memory
        unit: F = line / np.sqrt(spread)
        return unit


TEMPERATURE_ERROR = ErrorModel(
    stream="weather.temperature", day_ahead=1.5, growth_h=24.0, memory=0.9
)
"""Kelvin: 1.5 K a day ahead, 0.2 K a quarter of an hour ahead."""
WIND_ERROR = ErrorModel(stream="weather.wind", day_ahead=1.2, growth_h=12.0, memory=0.85)
"""m/s, before wind is kept from falling below calm."""
CLEARNESS_ERROR = ErrorModel(stream="weather.clearness", day_ahead=0.26, growth_h=8.0, memory=0.75)
"""Share of the clear sky, before it is kept between black and `_BRIGHTEST`: 0.26 leaves an rms
error of 0.22 a day ahead and 0.03 a quarter of an hour ahead."""

_DARK_W_M2 = 5.0
_BRIGHTEST = 1.15
"""Most clearness a forecaster would say: broken clouds mirror, and the air may be very clean."""


def issued(truth: Weather, clear_w_m2: F, issued_at: int, window: Window, rng: Rng) -> Weather:
    """What a weather service, asked at `issued_at`, says about `window`.

    A pure function: the same seed and moment give the same forecast, and forecasts of one moment
    issued at different times agree in sign and converge on the truth. Irradiance errs in its
    clearness, so nights stay dark; diffuse light follows the sky as in Erbs et al. (1982).

    Args:
        truth: (T,) the weather of `window` as it will be.
        clear_w_m2: (T,) clear-sky irradiance at the middles of the slots, see `clear_sky_w_m2`.
        issued_at: epoch seconds; slots that lie before it are told as they were.
        window: the slots, graded or not.
        rng: the luck of this world.
    """
    middle = (window.edges[:-1] + window.edges[1:]) // 2
    warmth = TEMPERATURE_ERROR.draw(middle, issued_at, rng)
    wind = truth.wind_m_s + WIND_ERROR.draw(middle, issued_at, rng)
    ghi, dhi = _other_sky(truth, clear_w_m2, CLEARNESS_ERROR.draw(middle, issued_at, rng))
    return Weather(
        temperature_c=truth.temperature_c + warmth,
        wind_m_s=np.maximum(wind, 0.0),
        ghi_w_m2=ghi,
        dhi_w_m2=dhi,
    )


def _other_sky(truth: Weather, clear_w_m2: F, error: F) -> tuple[F, F]:
    """Global and diffuse irradiance (T,) when the clearness is wrong by `error`."""
    lit = (clear_w_m2 > _DARK_W_M2) & (truth.ghi_w_m2 > 0)
    clear = np.where(lit, clear_w_m2, 1.0)
    clearness = truth.ghi_w_m2 / clear
    other = np.clip(clearness + error, 0.0, np.maximum(clearness, _BRIGHTEST))
    ghi = np.where(lit, other * clear, truth.ghi_w_m2)
    share = truth.dhi_w_m2 / np.where(lit, truth.ghi_w_m2, 1.0)
    shift = _diffuse_share(other) - _diffuse_share(clearness)
    dhi = np.where(lit, np.clip(share + shift, 0.0, 1.0) * ghi, truth.dhi_w_m2)
    return ghi, dhi


def _diffuse_share(clearness: F) -> F:
    """(T,) diffuse share of global irradiance; a clear sky lets 75 % through the air."""
    k = np.minimum(0.75 * clearness, 0.8)
    cloudy = 1.0 - 0.09 * k
    broken = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    share: F = np.where(k <= 0.22, cloudy, broken)
    return share
