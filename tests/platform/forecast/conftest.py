from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F
from commonwatt.kernel.world import Weather
from commonwatt.physics.sun import clear_sky_w_m2, pv_per_rated_kw
from commonwatt.physics.weather import issued, reference_year
from commonwatt.platform.forecast import Predictor

START = 1_459_461_600  # 2016-03-31 22:00 UTC, local midnight; 28 days on it is a Friday
PLACE = Place(latitude=51.5, longitude=9.5, altitude_m=100, zone="Europe/Berlin")
PAST = 28 * SLOTS_PER_DAY
DAYS = 36


@dataclass
class Truth:
    """A made-up past and future: weather, what the service says of it, and series."""

    window: Window
    sky: Weather
    clear: F
    rng: Rng

    def part(self, window: Window) -> slice:
        first = (window.start - self.window.start) // SLOT_S
        return slice(first, first + (window.end - window.start) // SLOT_S)

    def weather(self, window: Window) -> Weather:
        return self.sky.at(self.part(window))

    def archive(self, window: Window, now: int) -> Weather:
        part = self.part(window)
        return issued(self.sky.at(part), self.clear[part], now, window, self.rng)

    def noise(self, stream: str, series: int, phi: float) -> F:
        shocks = self.rng.normal(stream, np.arange(series)[:, None], np.arange(len(self.window)))
        out = np.zeros_like(shocks)
        for k in range(1, shocks.shape[1]):
            out[:, k] = phi * out[:, k - 1] + shocks[:, k]
        return out

    def homes(self, series: int = 12, phi: float = 0.9, sigma: float = 0.1) -> F:
        """Evening peaks, lazier weekends, a taste for warmth, and AR(1) moods."""
        local = PLACE.local(self.window.starts)
        hour, weekday = local % 86_400 / 3600, (local // 86_400 + 3) % 7
        shape = 1 + np.exp(-(((hour - 19) / 2) ** 2)) + 0.5 * np.exp(-(((hour - 8) / 1.5) ** 2))
        shape = shape + 0.6 * (weekday >= 5) * np.exp(-(((hour - 13) / 3) ** 2))
        shape = shape + 0.06 * np.maximum(15 - self.sky.temperature_c, 0)
        size = 0.5 + np.arange(series) / series
        return size[:, None] * (shape + sigma * self.noise("homes", series, phi))

    def roofs(self, series: int = 8) -> F:
        """From east to west, with a little noise of their own."""
        compass = np.linspace(90, 270, series)
        middle = self.window.starts + SLOT_S // 2
        clean = pv_per_rated_kw(middle, PLACE, self.sky, np.full(series, 35.0), compass)
        flicker = self.rng.normal("roofs", np.arange(series)[:, None], np.arange(middle.size))
        return 8 * clean * np.maximum(1 + 0.05 * flicker, 0)


@dataclass
class Score:
    """Root mean square error over the truth's own mean, and coverage, by slots ahead."""

    error: dict[int, float]
    coverage: dict[int, float]


Play = Callable[..., Score]


@pytest.fixture(scope="session")
def truth() -> Truth:
    window = Window.uniform(START, DAYS * SLOTS_PER_DAY)
    return Truth(
        window=window,
        sky=reference_year(7).over(window, PLACE),
        clear=clear_sky_w_m2(window.starts + SLOT_S // 2, PLACE),
        rng=Rng(7),
    )


@pytest.fixture(scope="session")
def issue(truth: Truth) -> Callable[..., Forecast]:
    """Fit on 28 days, issue once."""

    def run(predictor: Predictor, values: F, ahead: Window | None = None) -> Forecast:
        now = START + PAST * SLOT_S
        series, past = np.arange(len(values)), Window.uniform(START, PAST)
        ahead = ahead or Window.uniform(now, 128)
        predictor.fit("x", series, values[:, :PAST], truth.weather(past), past)
        told = truth.archive(ahead.fine(), now)
        return predictor.issue("x", series, values[:, PAST - 8 : PAST], told, ahead)

    return run


@pytest.fixture(scope="session")
def play(truth: Truth) -> Play:
    """Six days as the loop lives them: fit at midnight, issue every slot."""

    def run(predictor: Predictor, values: F, leads: tuple[int, ...] = (1, 16, 96)) -> Score:
        series, gone = np.arange(len(values)), {lead: [] for lead in leads}
        for k in range(PAST, PAST + 6 * SLOTS_PER_DAY):
            now = START + k * SLOT_S
            if (k - PAST) % SLOTS_PER_DAY == 0:
                past = Window.uniform(now - PAST * SLOT_S, PAST)
                predictor.fit("x", series, values[:, k - PAST : k], truth.weather(past), past)
            ahead = Window.uniform(now, max(leads))
            told = predictor.issue(
                "x", series, values[:, k - 4 : k], truth.archive(ahead, now), ahead
            )
            for lead in leads:
                gone[lead].append([values[:, k + lead - 1], *told.value[:, :, lead - 1]])
        stacked = {lead: np.swapaxes(rows, 0, 1) for lead, rows in gone.items()}
        return Score(
            error={
                lead: float(np.sqrt(np.mean((mid - true) ** 2)) / np.mean(true))
                for lead, (true, _, mid, _) in stacked.items()
            },
            coverage={
                lead: float(np.mean(((true >= low) & (true <= high))[high > low]))
                for lead, (true, low, _, high) in stacked.items()
            },
        )

    return run
