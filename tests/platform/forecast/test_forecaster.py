from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.world import Weather
from commonwatt.platform.forecast import Forecaster, Naive

PLACE = Place(latitude=51.5, longitude=9.5, altitude_m=100, zone="Europe/Berlin")
START = 1_459_461_600
PAST = 28 * SLOTS_PER_DAY
NOW = START + PAST * SLOT_S


def forecaster(truth):
    return Forecaster(PLACE, archive=truth.archive)


def calm(slots):
    one = np.ones(slots)
    return Weather(temperature_c=10 * one, wind_m_s=3 * one, ghi_w_m2=0 * one, dhi_w_m2=0 * one)


def test_homes_beat_both_naives_by_far_and_the_first_slot_comes_near_the_innovation(truth, play):
    homes = truth.homes()
    ours = play(forecaster(truth), homes)
    for days in (1, 7):
        naive = play(Naive(days), homes)
        assert ours.error[1] < 0.45 * naive.error[1]
        assert ours.error[96] < 0.8 * naive.error[96]
    size = 0.5 + np.arange(12) / 12
    innovation = 0.1 * np.sqrt(np.mean(size**2)) / np.mean(homes[:, PAST : PAST + 576])
    assert ours.error[1] < 1.15 * innovation
    assert all(0.7 <= share <= 0.9 for share in ours.coverage.values())


def test_roofs_follow_the_weather_forecast(truth, play):
    roofs = truth.roofs()
    ours, naive = play(forecaster(truth), roofs), play(Naive(), roofs)
    assert ours.error[1] < 0.3 * naive.error[1]
    assert ours.error[96] < 0.8 * naive.error[96]
    assert all(0.65 <= share <= 0.95 for share in ours.coverage.values())


def test_an_archive_of_weather_forecasts_helps_roofs_a_day_ahead(truth, play):
    roofs = truth.roofs()
    wary, trusting = play(forecaster(truth), roofs), play(Forecaster(PLACE), roofs)
    assert wary.error[96] < trusting.error[96]
    assert wary.coverage[96] > trusting.coverage[96] + 0.1


def test_roofs_never_shine_at_night_and_quantiles_rise(truth, issue):
    told = issue(forecaster(truth), truth.roofs())
    dark = truth.clear[PAST : PAST + 128] <= 0
    assert dark.any()
    assert (told.value >= 0).all()
    assert told.value[:, :, dark].max() < 0.05 * told.value.max()
    assert (np.diff(told.value, axis=0) >= 0).all()


def test_a_graded_window_gets_the_mean_of_the_quarter_hours(truth, issue):
    homes, graded = truth.homes(4), Window.graded(NOW)
    coarse = issue(forecaster(truth), homes, graded)
    fine = issue(forecaster(truth), homes, graded.fine())
    assert np.allclose(coarse.value, graded.average(fine.value))
    assert coarse.issued_at == NOW
    assert coarse.window is graded


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["homes", "roofs"]))
def test_nothing_of_the_future_moves_a_forecast(truth, issue, seed, kind):
    values = getattr(truth, kind)(3)
    other = values.copy()
    later = np.arange(values.shape[1] - PAST)
    other[:, PAST:] = 50 * Rng(seed).normal("future", np.arange(3)[:, None], later)
    asked = []

    def archive(window, now):
        asked.append((now, window.end))
        return truth.archive(window, now)

    one = issue(Forecaster(PLACE, archive=archive), values)
    two = issue(Forecaster(PLACE, archive=archive), other)
    assert (one.value == two.value).all()
    assert all(now < NOW and end <= NOW for now, end in asked)


def test_lost_messages_and_curtailed_hours_do_little_harm(truth, issue):
    roofs = truth.roofs(6)
    holed = roofs.copy()
    holed[Rng(1).uniform("lost", np.arange(6)[:, None], np.arange(roofs.shape[1])) < 0.05] = np.nan
    holed[:3][roofs[:3] > 0.7 * roofs.max()] = np.nan
    whole, part = (issue(forecaster(truth), v).middle for v in (roofs, holed))
    assert np.isfinite(part).all()
    assert np.abs(whole - part).mean() < 0.1 * whole.mean()


def test_a_meter_fault_is_set_aside(truth, issue):
    homes = truth.homes(3)
    faulty = homes.copy()
    faulty[0, [200, 1500, PAST - 1]] = [1e6, -1e6, 9e5]
    right, wrong = (issue(forecaster(truth), v).middle for v in (homes, faulty))
    assert np.abs(right[0] - wrong[0]).max() < 0.3 * right[0].mean()
    assert np.allclose(right[1:], wrong[1:], rtol=0.1)


def test_the_chain_of_fallbacks_says_why(truth, issue):
    homes = truth.homes(5)
    homes[1, : PAST - 5 * SLOTS_PER_DAY] = np.nan
    homes[2, : PAST - SLOTS_PER_DAY] = np.nan
    homes[3, : PAST - 3] = np.nan
    homes[4] = np.nan
    mind = forecaster(truth)
    told = issue(mind, homes)
    assert told.model[0] in {"ridge", "blend"}
    assert told.model[1:] == ("profile", "last day", "last value", "zero")
    assert np.isfinite(told.value).all()
    assert told.middle[3] == pytest.approx(homes[3, PAST - 3 : PAST].mean(), rel=0.2)
    assert (told.value[:, 4] == 0).all()
    reasons = mind.reasons("x")
    assert reasons[4] == ("zero", "only 0 quarter hours were ever measured")
    assert reasons[0][1].startswith("least error over the last 12 days: ridge ")


@pytest.mark.parametrize("slots", [1, 50, 96, 200, 400, 1000])
def test_short_histories_are_served_whatever_their_length(slots):
    window = Window.uniform(START, slots)
    hour = (window.starts - START) % 86_400 / 3600
    history = np.stack([2 + np.sin(hour / 24 * 2 * np.pi), np.full(slots, np.nan)])
    mind, ahead = Forecaster(PLACE), Window.uniform(window.end, 96)
    mind.fit("x", np.array([4, 7]), history, calm(slots), window)
    told = mind.issue("x", np.array([4, 7]), history[:, -1:], calm(96), ahead)
    assert np.isfinite(told.value).all()
    assert told.model[1] == "zero"
    if slots >= SLOTS_PER_DAY:
        expected = 2 + np.sin((ahead.starts - START) % 86_400 / 86_400 * 2 * np.pi)
        assert np.abs(told.middle[0] - expected).max() < 0.3


@pytest.mark.parametrize("slots", [100, 132, 180])
def test_who_repeats_yesterday_says_how_far_one_day_is_from_the_next(slots):
    """Its band is not that of the day it knows by heart."""
    times = Window.uniform(START, slots + 96).starts
    rng = Rng(5)
    noise = rng.normal("n", np.arange(20)[:, None], np.arange(times.size))
    truth = 3 + np.sin((times - START) / 86_400 * 2 * np.pi) + 0.4 * noise
    window, ahead = Window.uniform(START, slots), Window.uniform(START + slots * SLOT_S, 96)
    mind = Forecaster(PLACE)
    mind.fit("x", np.arange(20), truth[:, :slots], calm(slots), window)
    told = mind.issue("x", np.arange(20), truth[:, slots - 1 : slots], calm(96), ahead)
    assert set(told.model) == {"last day"}
    came = truth[:, slots:]
    inside = ((came >= told.value[0]) & (came <= told.value[2])).mean()
    assert 0.7 <= inside <= 0.99


def test_series_that_were_never_fitted_stay_as_they_were(truth, issue):
    mind, homes = forecaster(truth), truth.homes(2)
    issue(mind, homes)
    ahead = Window.uniform(NOW, 4)
    recent = np.array([[3.0, 5.0], [1.0, 1.0], [np.nan, np.nan]])
    told = mind.issue("x", np.array([9, 1, 8]), recent, truth.archive(ahead, NOW), ahead)
    assert told.model[0] == "last value"
    assert told.model[2] == "zero"
    assert (told.middle[0] == 4).all()
    assert (told.middle[2] == 0).all()
    assert told.model[1] in {"ridge", "blend"}


def test_copies_live_their_own_lives_and_are_small(truth, issue):
    mind, homes = Forecaster(PLACE), truth.homes()
    issue(mind, homes)
    assert len(pickle.dumps(mind)) < 60_000 * len(homes)
    twin = copy.deepcopy(mind)
    ahead, series = Window.uniform(NOW + SLOT_S, 96), np.arange(12)
    told = truth.archive(ahead, NOW + SLOT_S)
    recent = homes[:, PAST - 3 : PAST + 1]
    mind.issue("x", series, recent + 1, told, ahead)
    one = twin.issue("x", series, recent, told, ahead)
    fresh = Forecaster(PLACE)
    issue(fresh, homes)
    assert (one.value == fresh.issue("x", series, recent, told, ahead).value).all()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"history": np.ones((1, 5))}, "has 5 values for 96 slots"),
        ({"weather": calm(4)}, "must be 96 finite values"),
        ({"window": Window.uniform(START, 96, 3600)}, "one for every quarter hour"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(spoil, words):
    good = {
        "series": np.array([0]),
        "history": np.ones((1, 96)),
        "weather": calm(96),
        "window": Window.uniform(START, 96),
    }
    with pytest.raises(InvalidInput, match=words):
        Forecaster(PLACE).fit("x", **(good | spoil))


def test_what_cannot_be_said_is_refused():
    mind, series = Forecaster(PLACE), np.array([0])
    far = Window.uniform(START, 200)
    with pytest.raises(InvalidInput, match="36 is the most"):
        mind.issue("x", series, np.ones((1, 1)), calm(200), far)
    with pytest.raises(InvalidInput, match="never fitted"):
        mind.reasons("x")
    with pytest.raises(InvalidInput, match=r"hold 0\.5"):
        Forecaster(PLACE, levels=(0.1, 0.9))
