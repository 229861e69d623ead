from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.world import Weather
from commonwatt.platform.forecast import Naive

START, WEEKS = 1_459_461_600, 14 * SLOTS_PER_DAY
NONE = np.empty(0)
SKY = Weather(temperature_c=NONE, wind_m_s=NONE, ghi_w_m2=NONE, dhi_w_m2=NONE)


def told(days, history, recent, late=0):
    naive, series = Naive(days), np.array([3])
    naive.fit("x", series, history, SKY, Window.uniform(START, history.shape[1]))
    now = START + (history.shape[1] + late) * SLOT_S
    return naive.issue("x", series, recent, SKY, Window.uniform(now, 120))


def test_it_says_what_was_a_day_or_a_week_ago():
    history = np.arange(WEEKS, dtype=float)[None]
    for days in (1, 7):
        lag = days * SLOTS_PER_DAY
        expected = WEEKS - lag + np.arange(120)
        expected = np.where(expected < WEEKS, expected, expected - lag)
        assert (told(days, history, history[:, -4:]).middle[0] == expected).all()


def test_what_was_measured_since_the_fit_counts_and_gaps_reach_further_back():
    history = np.ones((1, WEEKS))
    history[0, -SLOTS_PER_DAY + 3] = np.nan
    later = told(1, history, np.array([[5.0, 6.0]]), late=2)
    assert later.middle[0, :2].tolist() == [1, 1]
    assert later.middle[0, 94:96].tolist() == [5, 6]
    assert np.isfinite(later.value).all()


def test_with_nothing_known_it_says_nothing():
    assert (told(1, np.full((1, 2), np.nan), np.full((1, 2), np.nan)).value == 0).all()


def test_the_band_is_that_of_past_changes():
    history = np.where(np.arange(WEEKS) // SLOTS_PER_DAY % 2, 1.0, 3.0)[None]
    value = told(1, history, history[:, -1:]).value[:, 0, 0]
    assert value.tolist() == [value[1] - 2, value[1], value[1] + 2]
