"""How far the weather service is to be trusted, by lead time, judged on what it said before.

Weather forecasts err more the further they look ahead. The best guess of the sky to come lies
between what the service says and what is usual at that time of day; how far between is regressed
from past issues against what was then observed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather
from commonwatt.platform.forecast.correction import LEADS, interpolation
from commonwatt.platform.forecast.features import sky
from commonwatt.platform.forecast.rolling import HORIZON

Archive = Callable[[Window, int], Weather]
"""What the weather service said about a window when asked at a moment, epoch seconds."""

ISSUES = 44
APART = 28
"""Slots between the issues judged, 7 h: so that every lead time meets every time of day."""
_DOUBT = 0.05


@dataclass(frozen=True, eq=False)
class Trust:
    """What is usual, and how much of what is said beyond it to believe.

    Attributes:
        usual: (96,3) temperature, °C, and global and diffuse irradiance, W/m² per sine of the
            sun's height, by UTC quarter hour.
        share: (L,3) of the said departure from it to believe, at LEADS.
        place: where.
    """

    usual: F
    share: F
    place: Place

    def weather(self, said: Weather, times: I) -> Weather:
        """Best guess from what was said about slots `times` (H,), the first of which starts now."""
        usual = self.usual[_slot(times)] * _units(times, self.place)
        believed = usual + interpolation(times.size) @ self.share * (_columns(said) - usual)
        return _weather(believed, said.wind_m_s)


@dataclass(frozen=True, eq=False)
class Past:
    """Forecasts issued in the past, as they are to be believed.

    Attributes:
        row: (K,) slot of the history each is about.
        lead: (K,) nearest of LEADS to the slots between its issue and its end.
        weather: (K,).
    """

    row: I
    lead: I
    weather: Weather

    def counted_from(self, row: int) -> Past:
        """The same, with rows counted from `row` of the history."""
        return Past(row=self.row - row, lead=self.lead, weather=self.weather)


def judged(archive: Archive, observed: Weather, window: Window, place: Place) -> tuple[Trust, Past]:
    """Trust learnt from issues of the past against `observed` (K,) over `window`.

    Only issues that lie wholly in the window are asked for: nothing later is seen.
    """
    origin = np.arange(len(window) - HORIZON, -1, -APART)[:ISSUES]
    row = origin[:, None] + np.arange(HORIZON)
    starts = window.starts
    said = [archive(Window.uniform(t, HORIZON), t) for t in starts[origin].tolist()]
    truth = _columns(observed)
    usual = _usual(truth, starts, place)
    normal = usual[_slot(starts)] * _units(starts, place)
    beyond = np.stack([_columns(weather) for weather in said]) - normal[row]
    trust = Trust(usual=usual, share=_shares(beyond, (truth - normal)[row]), place=place)
    believed = [trust.weather(*issue) for issue in zip(said, starts[row], strict=True)]
    return trust, Past(
        row=row.ravel(),
        lead=np.tile(LEADS[interpolation(HORIZON).argmax(axis=1)], origin.size),
        weather=_weather(
            np.concatenate([_columns(w) for w in believed]),
            np.concatenate([w.wind_m_s for w in believed]),
        ),
    )


def _shares(said: F, true: F) -> F:
    """(L,3) slopes of true on said departures (O,H,3) by lead time, within 0…1."""
    near = interpolation(HORIZON)
    both = np.einsum("hl,ohc->lc", near, said * true)
    own = np.einsum("hl,ohc->lc", near, said**2)
    slope: F = np.clip((both + _DOUBT * own + 1e-9) / ((1 + _DOUBT) * own + 1e-9), 0, 1)
    return slope


def _usual(columns: F, times: I, place: Place) -> F:
    """(96,3) mean of `columns` (K,3) in their units by quarter hour."""
    units, slot = _units(times, place), _slot(times)
    top, bottom = np.zeros((2, SLOTS_PER_DAY, 3))
    np.add.at(top, slot, columns * units)
    np.add.at(bottom, slot, units**2)
    usual: F = top / (bottom + 1e-9)
    return usual


def _units(times: I, place: Place) -> F:
    """(T,3) 1 for temperature, the sine of the sun's height for irradiance."""
    height = np.maximum(sky(times, place)[2], 0)
    return np.stack([np.ones(times.size), height, height], axis=1)


def _slot(times: I) -> I:
    slot: I = times % DAY_S // SLOT_S
    return slot


def _columns(weather: Weather) -> F:
    return np.stack([weather.temperature_c, weather.ghi_w_m2, weather.dhi_w_m2], axis=1)


def _weather(columns: F, wind: F) -> Weather:
    return Weather(
        temperature_c=columns[:, 0],
        wind_m_s=wind,
        ghi_w_m2=np.maximum(columns[:, 1], 0),
        dhi_w_m2=np.clip(columns[:, 2], 0, np.maximum(columns[:, 1], 0)),
    )
