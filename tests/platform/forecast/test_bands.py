"""Bands count days, follow what is recent, widen with doubt and are rehearsed before they serve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.platform.forecast.ensemble.bands import (
    BLOCKS,
    HALF_DAYS,
    LEVELS,
    Bands,
    Errors,
    _quantiles,
    _stretch,
    blocks,
)

DAY = 24
SLOT = np.arange(DAY)


def errors(error, doubt=None):
    """Of (N,24) errors on N days in a row."""
    days = len(error)
    block = np.tile(blocks(SLOT, DAY), days)
    sign = np.empty((days * DAY, 0)) if doubt is None else doubt.reshape(-1, 1)
    return Errors(error.ravel(), block, np.repeat(np.arange(days), DAY), sign)


def band(of, day, doubt=None):
    sign = np.empty((DAY, 0)) if doubt is None else doubt
    return Bands.fit(of, day).around(np.zeros(DAY), blocks(SLOT, DAY), sign)


def width(quantiles):
    return float((quantiles[:, -1] - quantiles[:, 0]).mean())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.floats(1e-3, 1e6), days=st.integers(1, 40))
def test_bands_rise_and_know_no_unit(seed, size, days):
    drawn = np.random.default_rng(seed).normal(0, 1, (days, DAY))
    one, other = band(errors(drawn), days), band(errors(drawn * size), days)
    assert (np.diff(one, axis=1) >= 0).all()
    assert other == pytest.approx(one * size, rel=1e-6, abs=1e-9 * size)


def test_days_that_err_as_one_are_counted_as_days():
    """Fifteen days, each off by one amount: without the step outward eight in ten are not held."""
    held = []
    for seed in range(300):
        daily = np.random.default_rng(seed).normal(0, 1, (16, 1)) * np.ones(DAY)
        found = band(errors(daily[:-1]), 15)
        held.append((daily[-1] >= found[:, 0]) & (daily[-1] <= found[:, -1]))
    assert 0.74 <= np.mean(held) <= 0.88


def test_recent_errors_say_more_than_old_ones():
    drawn = np.random.default_rng(1).normal(0, 1, (56, DAY))
    drawn[-HALF_DAYS:] *= 3
    truth = 2 * 1.2816 * 3
    found = width(band(errors(drawn), 56))
    plain = float(np.diff(np.quantile(drawn, [0.1, 0.9]))[0])
    assert abs(found - truth) < abs(plain - truth)
    assert found > plain


def test_bands_widen_where_steps_look_hard():
    draw = np.random.default_rng(2)
    sign = draw.uniform(0, 2, (56, DAY))
    found = errors(draw.normal(0, 1, (56, DAY)) * sign, sign)
    calm, rough = (band(found, 56, np.full((DAY, 1), size)) for size in (0.2, 1.8))
    assert width(rough) > 2 * width(calm)


def test_a_rehearsal_widens_for_errors_that_grow_and_never_narrows():
    draw = np.random.default_rng(3)
    noise = draw.normal(0, 1, (56, DAY))
    growing = errors(noise * np.linspace(0.5, 3, 56)[:, None])
    shrinking = errors(noise * np.linspace(3, 0.5, 56)[:, None])
    assert _stretch(growing, growing.ages(56)) > 1.1
    assert _stretch(shrinking, shrinking.ages(56)) == 1.0


def test_nothing_known_is_a_band_without_width():
    none = Errors(np.empty(0), np.empty(0, int), np.empty(0, int), np.empty((0, 2)))
    found = Bands.fit(none, 0).around(np.ones(DAY), blocks(SLOT, DAY), np.ones((DAY, 2)))
    assert found.tolist() == np.ones((DAY, len(LEVELS))).tolist()


@settings(max_examples=50)
@given(count=st.integers(1, 60), seed=st.integers(0, 10**6))
def test_equal_weights_give_numpys_hazen_quantiles(count, seed):
    values = np.random.default_rng(seed).normal(0, 1, count)
    levels = np.array(LEVELS)
    oracle = np.quantile(values, levels, method="hazen")
    assert _quantiles(values, np.ones(count), levels) == pytest.approx(oracle)


def test_parts_of_the_day_keep_their_own_width():
    drawn = np.random.default_rng(4).normal(0, 1, (40, DAY))
    drawn[:, :4] *= 0.01
    found = band(errors(drawn), 40)
    assert len(Bands.fit(errors(drawn), 40).table) == BLOCKS
    assert width(found[:4]) < 0.05 * width(found[4:])
