"""Meters, feeders and a city of known truth: forecasts that add up, and are no worse for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.sparse import csr_array

from commonwatt.kernel.units import F
from commonwatt.platform.forecast.hierarchy import (
    Reconciled,
    around,
    feeders_and_city,
    reconciled,
)
from commonwatt.platform.forecast.meters import Calendar, Forecast
from commonwatt.platform.forecast.meters.learning import learnt
from commonwatt.platform.forecast.meters.sample import Sample
from commonwatt.platform.forecast.meters.synthetic import lived

CALENDAR = Calendar(3600, "Europe/Berlin")
START = 1_737_500_400  # 2025-01-21, local midnight
DAYS, METERS, FEEDERS, STEPS, ISSUES = 80, 240, 6, 24, 14
LEVELS = np.array([0.1, 0.5, 0.9])


@dataclass(frozen=True)
class Town:
    """Forecasts of the mean by ISSUES daily origins, the last one new, and what came."""

    sums: csr_array
    lower: F
    upper: F
    truth: F

    def errors(self, told: F, of: F) -> F:
        """Variance of the errors of each forecast, by the issues before the last."""
        return np.mean((of[:-1] - told[:-1]) ** 2, axis=(0, 2))

    @property
    def variance(self) -> F:
        below = self.errors(self.lower, self.truth)
        above = self.errors(self.upper, np.stack([self.sums @ t for t in self.truth]))
        return np.concatenate([below, above])


def means(told: pa.Table) -> F:
    return told.filter(pc.is_null(told["level"]))["value"].to_numpy().reshape(-1, STEPS)


def aggregated(sums: csr_array, value: F) -> pa.Table:
    """Readings of meters at feeders and at the town's connection, which do not fail."""
    total = np.asarray(sums @ value)
    times = START + 3600 * np.arange(value.shape[1])
    names = [f"feeder-{n:03d}" for n in range(total.shape[0])]
    return pa.table({
        "series": np.repeat(names, value.shape[1]),
        "time": pa.array(np.tile(1_000_000 * times, total.shape[0]), pa.timestamp("us", tz="UTC")),
        "value": total.ravel(),
    })  # fmt: skip


@pytest.fixture(scope="module")
def town(case) -> Town:
    value, _ = lived(np.arange(METERS), CALENDAR, START, DAYS + 1, seed=1)
    sums = feeders_and_city(np.arange(METERS) % FEEDERS)
    above = aggregated(sums, value)
    origins = [case.origin - 86_400 * back for back in range(ISSUES - 1, -1, -1)]
    lessons = Sample(CALENDAR, origins[0], STEPS, case.weather, 24)(above)
    own = learnt(lessons, CALENDAR, origins[0])
    first = [(origin - START) // 3600 for origin in origins]
    return Town(
        sums=sums,
        lower=np.stack([means(Forecast(case.model, o, STEPS, case.weather)(case.table))
                        for o in origins]),
        upper=np.stack([means(Forecast(own, o, STEPS, case.weather)(above)) for o in origins]),
        truth=np.stack([value[:, k : k + STEPS] for k in first]),
    )  # fmt: skip


def together(town: Town) -> list[Reconciled]:
    return [
        reconciled(town.sums, lower, upper, town.variance)
        for lower, upper in zip(town.lower, town.upper, strict=True)
    ]


def test_sums_agree(town):
    for told in together(town):
        np.testing.assert_array_equal(told.upper, town.sums @ told.lower)
        np.testing.assert_allclose(told.upper[-1], told.upper[:-1].sum(axis=0), rtol=1e-9)


def test_no_level_is_worse_for_it(town):
    """On a day that taught no variance, against each one's own forecast and the meters' sum."""
    told, lower, truth = together(town)[-1], town.lower[-1], town.truth[-1]
    above = town.sums @ truth
    for rows in (slice(0, FEEDERS), slice(FEEDERS, None)):
        after = np.abs(told.upper - above)[rows].mean()
        assert after < np.abs(town.upper[-1] - above)[rows].mean()
        assert after < np.abs(town.sums @ lower - above)[rows].mean()
    assert np.abs(told.lower - truth).mean() < np.abs(lower - truth).mean()


def test_a_feeders_band_of_its_own_errors_covers_the_day_to_come(town):
    truth = np.stack([town.sums @ t for t in town.truth])
    told = np.stack([t.upper for t in together(town)])
    band = around(told[-1], truth[:-1] - told[:-1], LEVELS)
    inside = (truth[-1] >= band[0]) & (truth[-1] <= band[2])
    assert 0.6 < inside.mean() < 0.95  # of seven series that share one day's weather
