"""What is wrong with data, found where it was put in and nowhere else."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import DAY_S, SLOT_S
from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.quality import FROZEN, Kind, causes, lag_of

STARTS = SLOT_S * np.arange(28 * 96, dtype=np.int64)


def sound():
    """Four weeks of a home."""
    hour = STARTS % DAY_S / 3600
    noise = Rng(3).normal("home", np.zeros(STARTS.size, np.int64), np.arange(STARTS.size))
    return 0.5 + np.exp(-(((hour - 19) / 3) ** 2)) + 0.05 * noise


def kinds(values):
    return {cause.kind: cause for cause in causes(values, STARTS[: values.size])}


def test_sound_data_have_nothing_wrong():
    assert causes(sound(), STARTS) == []


@given(st.integers(200, 2000), st.integers(60, 400))
@settings(deadline=None, max_examples=30)
def test_a_gap_is_told_with_its_length_and_beginning(first, length):
    values = sound()
    values[first : first + length] = np.nan
    gap = kinds(values)[Kind.MISSING]
    assert (gap.slots, gap.longest_h, gap.since) == (length, length / 4, STARTS[first])
    assert set(kinds(values)) == {Kind.MISSING}


def test_a_few_lost_messages_are_not_worth_telling():
    values = sound()
    values[::100] = np.nan
    assert causes(values, STARTS) == []


@given(st.integers(200, 2000), st.integers(FROZEN, 300))
@settings(deadline=None, max_examples=30)
def test_a_meter_that_stands_still_is_told(first, length):
    values = sound()
    values[first : first + length] = values[first]
    stuck = kinds(values)[Kind.FROZEN]
    assert stuck.slots == length
    assert stuck.since == STARTS[first]


def test_what_rests_at_zero_is_not_stuck():
    values = sound()
    values[STARTS % DAY_S < 6 * 3600] = 0.0
    assert causes(values, STARTS) == []


def test_impossible_values_are_counted():
    values = sound()
    values[[500, 501, 900]] = [900.0, -700.0, 1e6]
    odd = kinds(values)[Kind.SET_ASIDE]
    assert (odd.slots, odd.since) == (3, STARTS[500])


def test_what_began_lately_is_short_and_was_not_missing_before():
    values = sound()
    values[: 26 * 96] = np.nan
    assert set(kinds(values)) == {Kind.SHORT}
    assert kinds(values)[Kind.SHORT].longest_h == 48
    assert set(kinds(np.full(STARTS.size, np.nan))) == {Kind.MISSING}


def test_the_naive_forecast_repeats_a_week_once_two_are_known():
    assert lag_of(STARTS, sound()[None]) == 7 * DAY_S
    short = sound()[None].copy()
    short[:, : 15 * 96] = np.nan
    assert lag_of(STARTS, short) == DAY_S
