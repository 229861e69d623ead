from __future__ import annotations

import numpy as np
import pytest

from commonwatt.kernel.intervals import SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast import correction, profile, ridge, spread, trust
from commonwatt.platform.forecast.correction import LEADS, MEMORY, interpolation
from commonwatt.platform.forecast.features import GROUPS, is_solar, seen
from commonwatt.platform.forecast.rolling import HORIZON, tried

PLACE = Place(latitude=51.5, longitude=9.5, altitude_m=100, zone="Europe/Berlin")


def draws(stream, *shape):
    return Rng(3).normal(stream, np.arange(shape[1]), np.arange(shape[0])[:, None])


def test_batched_ridge_is_weighted_least_squares_series_by_series():
    matrix, target = draws("x", 300, 5), draws("y", 300, 4)
    weight = (draws("w", 300, 4) > -1).astype(float)
    square, right = ridge.moments(matrix, target * weight, weight, [100, 300])
    for n in range(4):
        for b, rows in enumerate((100, 300)):
            use = weight[:rows, n] > 0
            exact = np.linalg.lstsq(matrix[:rows][use], target[:rows, n][use], rcond=None)[0]
            assert ridge.coefficients(square, right, 0.0)[b, n] == pytest.approx(exact, abs=1e-6)


def test_tables_hold_weekdays_apart_as_far_as_they_are_trusted_to_differ():
    group = np.tile(np.arange(GROUPS), 4)
    values = (group // SLOTS_PER_DAY == 2).astype(float)[:, None]
    weight, scale = np.ones_like(values), np.ones(group.size)
    top, bottom = profile.sums(values, weight, scale, profile.grouping(group))
    own, pooled = (
        profile.table(top, bottom, 1.0, trust)[:, 0].reshape(7, -1)
        for trust in (profile.OWN, profile.POOLED)
    )
    assert own[2].mean() > 0.8
    assert pooled[2].mean() < 0.5
    assert own[5:].max() < 0.1


def test_a_correction_learns_how_long_errors_last():
    shocks = draws("shock", 12 * SLOTS_PER_DAY, 6)
    errors = np.zeros_like(shocks)
    for k in range(1, len(errors)):
        errors[k] = 0.9 * errors[k - 1] + shocks[k]
    learnt, left = correction.learnt(errors, np.ones(len(errors)))
    assert np.nanstd(left[0]) < 1.05
    expected = learnt.expected(errors[-MEMORY:], np.ones(MEMORY), HORIZON)
    ideal = 0.9 ** np.arange(1, HORIZON + 1)[:, None] * errors[-1]
    assert np.abs(expected[:8] - ideal[:8]).mean() < 0.3 * np.abs(ideal[:8]).mean() + 0.1
    assert np.abs(expected[96:]).mean() < 0.5


def test_a_silent_series_is_corrected_by_its_neighbours():
    common = np.cumsum(draws("cloud", 12 * SLOTS_PER_DAY, 1), axis=0) * 0.05
    errors = common + 0.05 * draws("own", 12 * SLOTS_PER_DAY, 5)
    learnt, _ = correction.learnt(errors, np.ones(len(errors)))
    newest = errors[-MEMORY:].copy()
    newest[-20:, 0] = np.nan
    expected = learnt.expected(newest, np.ones(MEMORY), 2)
    assert expected[0, 0] == pytest.approx(errors[-1, 0], abs=0.4 * np.abs(errors).mean() + 0.1)


def test_interpolation_spreads_a_whole_over_the_known_leads():
    weights = interpolation(HORIZON)
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights[LEADS - 1] == pytest.approx(np.eye(LEADS.size))


def test_the_spread_widens_with_lead_and_holds_its_levels():
    levels, rows = np.array([0.1, 0.5, 0.9]), 8 * SLOTS_PER_DAY
    block = np.arange(rows) % SLOTS_PER_DAY // 16
    left = [draws(f"e{lead}", rows, 2) * np.sqrt(lead) for lead in LEADS]
    known = spread.observed(left, block, None, left[0], levels)
    offset = known.around(np.arange(1, 145), np.zeros(144, int))
    assert offset.shape == (3, 2, 144)
    assert (offset[1] == 0).all()
    assert offset[2, 0, 0] == pytest.approx(1.2816, abs=0.3)
    assert offset[2, :, -1].mean() > 8 * offset[2, :, 0].mean()


def test_training_ends_a_whole_horizon_before_what_it_is_tested_on(truth):
    homes = truth.homes(2)[:, : 28 * SLOTS_PER_DAY].T
    view = seen(
        truth.window.starts[: len(homes)], truth.sky.at(slice(len(homes))), PLACE, solar=False
    )
    edges = tried(homes, view).edges
    changed = homes.copy()
    changed[edges[1] - HORIZON :] += 5
    before, after = (tried(v, view).bases[1] for v in (homes, changed))
    assert np.allclose(before.beta, after.beta, rtol=1e-9)
    assert np.allclose(before.week, after.week, rtol=1e-9)
    assert np.allclose(before.day, after.day, rtol=1e-9)


def test_solar_series_are_told_by_their_nights(truth):
    starts = truth.window.starts
    assert is_solar(truth.roofs(2).T, starts, PLACE)
    assert not is_solar(truth.homes(2).T, starts, PLACE)
    assert not is_solar(np.full((starts.size, 2), np.nan), starts, PLACE)


def test_trust_in_the_weather_falls_with_lead_and_is_whole_where_it_is_right(truth):
    window = Window.uniform(truth.window.start, 28 * SLOTS_PER_DAY)
    sky = truth.weather(window)
    wary, past = trust.judged(truth.archive, sky, window, PLACE)
    sure, _ = trust.judged(lambda ahead, _now: truth.weather(ahead), sky, window, PLACE)
    assert sure.share == pytest.approx(1)
    assert wary.share[0].min() > 0.9
    assert wary.share[-2:, 1].mean() < wary.share[0, 1] - 0.1
    ahead = Window.uniform(window.end, HORIZON)
    said, true = truth.archive(ahead, window.end), truth.weather(ahead)
    assert sure.weather(said, ahead.starts).ghi_w_m2 == pytest.approx(said.ghi_w_m2, abs=1e-6)
    assert true.ghi_w_m2.size == HORIZON
    assert past.row.max() < len(window)
