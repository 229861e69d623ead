"""A fleet nobody lives in, what it teaches, and what was then said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from commonwatt.platform.forecast.meters import Calendar, FleetModel, Forecast, Weather
from commonwatt.platform.forecast.meters.learning import learnt
from commonwatt.platform.forecast.meters.sample import Sample
from commonwatt.platform.forecast.meters.synthetic import fleet, temperature

CALENDAR = Calendar(3600, "Europe/Berlin")
START = 1_737_500_400
"""2025-01-21 23:00 UTC, a local midnight: the clocks change on day 67."""
DAYS = 80
METERS = 240
STEPS = 24


@dataclass(frozen=True)
class Case:
    """What was measured, also after the origin, and what was learnt before it."""

    table: pa.Table
    truth: pa.Table
    weather: Weather
    origin: int
    lessons: pa.Table
    model: FleetModel

    @property
    def forecast(self) -> Forecast:
        return Forecast(self.model, self.origin, STEPS, self.weather)

    def sample(self, origin: int | None = None) -> Sample:
        return Sample(CALENDAR, origin or self.origin, STEPS, self.weather, 12)


@pytest.fixture(scope="session")
def case() -> Case:
    meters = np.arange(METERS)
    table = fleet(meters, CALENDAR, START, DAYS + 1, seed=1)
    truth = fleet(meters, CALENDAR, START, DAYS + 1, seed=1, faulty=False)
    weather = Weather.of(temperature(CALENDAR, START, DAYS + 1, seed=1))
    origin = START + 86_400 * DAYS - 3600  # a local midnight again: an hour went missing
    lessons = Sample(CALENDAR, origin, STEPS, weather, 12)(table)
    model = learnt(lessons, CALENDAR, origin)
    return Case(table, truth, weather, origin, lessons, model)
