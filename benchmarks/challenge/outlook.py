"""What the controller expects of the next day: our quick forecaster on what was measured so far.

The weather columns of the challenge are left alone: they are a typical year's, not the weather the
homes had (detrended daily sums of sun correlate with their generation by -0.04).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from challenge.year import Year
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.world import Weather
from commonwatt.platform.forecast.forecaster import Forecaster

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Five equally likely cases."""
AHEAD = 24
PAST_H, LEAST_H, REFIT_H = 28 * 24, 48, 24
_FONTANA = Place(latitude=34.1, longitude=-117.4, altitude_m=400.0, zone="Etc/GMT+8")
_BEGIN = 1_470_034_800
"""2016-07-31, the twenty-fourth hour: the Sunday with which the data begin."""
_HOUR_S, _QUARTERS = 3600, 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """The next A hours.

    Attributes:
        net_kwh: (K,H,A) equally likely cases of each home without its battery, rising.
        price: (A,) $/kWh.
        carbon: (A,) kg/kWh.
    """

    net_kwh: np.ndarray
    price: np.ndarray
    carbon: np.ndarray


class Outlook:
    """Learns afresh once a day, speaks every hour."""

    def __init__(self) -> None:
        self._forecaster = Forecaster(_FONTANA, LEVELS)

    def expects(self, seen: Year) -> Expectation:
        """The next day, from the hours `seen` and nothing else."""
        now = len(seen)
        if now >= LEAST_H and now % REFIT_H == 0:
            self._learn("net", seen.net_kwh)
            self._learn("carbon", seen.carbon[None])
        return Expectation(
            net_kwh=np.sort(self._said("net", seen.net_kwh), axis=0),
            price=seen.tariff(),
            carbon=self._said("carbon", seen.carbon[None])[LEVELS.index(0.5), 0],
        )

    def _learn(self, name: str, values: np.ndarray) -> None:
        now = values.shape[1]
        first = max(0, now - PAST_H)
        window = _window(first, now - first).fine()
        past = np.repeat(values[:, first:], _QUARTERS, axis=1)
        self._forecaster.fit(name, _series(values), past, _unknown(len(window)), window)

    def _said(self, name: str, values: np.ndarray) -> np.ndarray:
        """(K,N,A) levels of the next hours."""
        window = _window(values.shape[1], AHEAD)
        newest = np.repeat(values[:, -1:], _QUARTERS, axis=1)
        weather = _unknown(len(window.fine()))
        return self._forecaster.issue(name, _series(values), newest, weather, window).value


def _series(values: np.ndarray) -> np.ndarray:
    return np.arange(values.shape[0])


def _window(first: int, hours: int) -> Window:
    return Window.uniform(_BEGIN + _HOUR_S * first, hours, _HOUR_S)


def _unknown(slots: int) -> Weather:
    """Weather that says nothing."""
    none = np.zeros(slots)
    return Weather(temperature_c=none + 10, wind_m_s=none, ghi_w_m2=none, dhi_w_m2=none)
