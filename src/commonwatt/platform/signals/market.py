"""A stylised wholesale market: price and carbon follow the clock, the cold and the sun.

For cities that bring no prices. Per local hour, in ct/kWh:

    price = 8.5 + clock + 0.15·max(0, 12 °C − day's mean) − 6.0·sun + 0.8·noise, at least 0.5
    clock = weekdays  −2.5 by night, +2.0 around 8 h, +3.5 around 19 h
            weekends  the same peaks at 60 %, and 0.8 less all day
    sun   = irradiance, mean of 5 h around, per 700 W/m² (a country's clouds are smoother than ours)
    noise = unit normal, hourly correlation 0.9

    carbon = 0.40 + 0.02·clock + 0.004·max(0, 12 °C − mean) − 0.28·sun + 0.02·noise kg/kWh,
             kept within 0.15 and 0.60

The coefficients are ours. They give German day-ahead prices of 2019 to 2024 their shape: two peaks,
a midday dip in summer, dear cold evenings. Prices below 0.5 ct, which do occur, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import SECONDS_PER_HOUR, F, I
from commonwatt.platform.signals.publication import local_midnight
from commonwatt.platform.signals.skies import Skies

BASE_CT = 8.5
FLOOR_CT = 0.5
COLD_BELOW_C = 12.0
COLD_CT_PER_K = 0.15
SUN_CT = 6.0
BRIGHT_W_M2 = 700.0
NOISE_CT = 0.8
CARBON = 0.40
CARBON_PER_CLOCK_CT = 0.02
CARBON_PER_COLD_K = 0.004
CARBON_PER_SUN = 0.28
CARBON_NOISE = 0.02
CARBON_BOUNDS = (0.15, 0.60)

_MEMORY = 0.9
_REACH_H = 48
_SMOOTH_H = 5


@dataclass(frozen=True, eq=False)
class Day:
    """One local day: where it begins, and (H,) prices and carbon of its 23, 24 or 25 hours."""

    start: int
    price_eur_per_kwh: F
    carbon_kg_per_kwh: F


class Market:
    """Makes day after day of prices, each once.

    A day's prices are a function of that day's weather alone, so publishing them gives away nothing
    of later days. Of its own day a price does tell the sun: that is what markets do.
    """

    def __init__(self, place: Place, skies: Skies, rng: Rng) -> None:
        self._place = place
        self._skies = skies
        self._rng = rng
        self._days: dict[int, Day] = {}

    @property
    def start(self) -> int:
        """Since when there are prices, epoch seconds."""
        return self._skies.start

    def price(self, window: Window) -> F:
        """(T,) wholesale price, €/kWh."""
        return self._over(window, "price_eur_per_kwh")

    def carbon(self, window: Window) -> F:
        """(T,) carbon intensity, kg/kWh."""
        return self._over(window, "carbon_kg_per_kwh")

    def _over(self, window: Window, name: str) -> F:
        if window.start < self._skies.start or window.end > self._skies.end:
            self._skies.truth(window)
        first, last = self._place.local(np.array([window.start, window.end - 1])) // DAY_S
        days = [self._day(number) for number in range(int(first), int(last) + 1)]
        hourly = np.concatenate([getattr(day, name) for day in days])
        since = window.start - days[0].start
        quarters = np.repeat(hourly, SECONDS_PER_HOUR // SLOT_S)[since // SLOT_S :]
        return window.average(quarters[: (window.end - window.start) // SLOT_S])

    def _day(self, number: int) -> Day:
        if number not in self._days:
            self._days[number] = self._made(number)
        return self._days[number]

    def _made(self, number: int) -> Day:
        start, end = (local_midnight(n, self._place) for n in (number, number + 1))
        hours = np.arange(start, end, SECONDS_PER_HOUR)
        clock = _clock_ct(self._place.local(hours), weekend=(number + 3) % 7 >= 5)
        cold, sun = self._weather(hours, end)
        noise = self._noise(hours // SECONDS_PER_HOUR)
        price = BASE_CT + clock + COLD_CT_PER_K * cold - SUN_CT * sun + NOISE_CT * noise
        carbon = (
            CARBON
            + CARBON_PER_CLOCK_CT * clock
            + CARBON_PER_COLD_K * cold
            - CARBON_PER_SUN * sun
            + CARBON_NOISE * noise
        )
        return Day(start, np.maximum(price, FLOOR_CT) / 100, np.clip(carbon, *CARBON_BOUNDS))

    def _weather(self, hours: I, end: int) -> tuple[float, F]:
        """Kelvin of cold, and (H,) the sun; from the part of the day of which there is weather."""
        edges = np.append(hours, end)
        seen = edges[(edges >= self._skies.start) & (edges <= self._skies.end)]
        if seen.size < 2:
            seen = edges
        weather = self._skies.truth(Window(seen))
        light = np.zeros(hours.size)
        light[np.searchsorted(hours, seen[:-1])] = weather.ghi_w_m2
        smooth = np.convolve(light, np.full(_SMOOTH_H, 1 / _SMOOTH_H), mode="same")
        return max(0.0, COLD_BELOW_C - float(weather.temperature_c.mean())), smooth / BRIGHT_W_M2

    def _noise(self, hour: I) -> F:
        """(H,) unit normal with correlation `_MEMORY` per hour."""
        kernel = _MEMORY ** np.arange(_REACH_H)
        kernel /= np.sqrt(np.sum(kernel**2))
        earlier = np.arange(hour[0] - _REACH_H + 1, hour[-1] + 1)
        luck = self._rng.normal("signals.market", 0, earlier)
        smooth: F = np.convolve(luck, kernel, mode="valid")
        return smooth


def _clock_ct(local: I, *, weekend: bool) -> F:
    """(H,) what the hour of day and the kind of day add to the price."""
    hour = local % DAY_S / SECONDS_PER_HOUR
    night = -2.5 / (1 + np.exp((hour - 5.5) / 0.6)) - 1.5 / (1 + np.exp((22.0 - hour) / 0.6))
    peaks = 2.0 * np.exp(-(((hour - 8) / 2.0) ** 2)) + 3.5 * np.exp(-(((hour - 19) / 2.5) ** 2))
    shape: F = night + (0.6 * peaks - 0.8 if weekend else peaks)
    return shape
