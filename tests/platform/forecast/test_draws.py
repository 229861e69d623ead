"""Errors drawn again: all series of a moment together, so that sums are off as they really are."""

from __future__ import annotations

import numpy as np
import pytest

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.platform.forecast import Forecaster
from tests.platform.forecast.conftest import PAST, PLACE, START

COUNT = 120
NOW = START + PAST * SLOT_S


def learnt(truth, values, *, draws=True, past=PAST):
    """Fitted on the last `past` slots before NOW."""
    mind = Forecaster(PLACE, archive=truth.archive, draws=draws)
    window = Window.uniform(NOW - past * SLOT_S, past)
    series, rows = np.arange(len(values)), slice(PAST - past, PAST)
    mind.fit("x", series, values[:, rows], truth.weather(window), window)
    return mind


def moody(truth, common):
    """Homes whose moods are partly everybody's."""
    own, alike = truth.noise("own", 12, 0.9), truth.noise("alike", 1, 0.9)
    homes = truth.homes(12, sigma=0.0)
    return homes + 0.2 * (np.sqrt(1 - common) * own + np.sqrt(common) * alike)


@pytest.mark.parametrize("common", [0.0, 0.8])
def test_correlation_is_found_not_assumed(truth, common):
    values = moody(truth, common)
    ahead = Window.uniform(NOW, 96)
    drawn = learnt(truth, values).errors("x", np.arange(12), ahead, COUNT)
    assert drawn.shape == (COUNT, 12, 96)
    spread = drawn.std(axis=0)
    alike = drawn.sum(axis=1).std(axis=0) / np.sqrt((spread**2).sum(axis=0))
    expected = np.sqrt(1 + 11 * common)
    assert np.median(alike) == pytest.approx(expected, rel=0.25), "of the sum, by slot"


@pytest.mark.parametrize(("kind", "least"), [("homes", 0.8), ("roofs", 0.7)])
def test_sums_stay_below_what_draws_say_about_as_often_as_they_say(truth, kind, least):
    values = moody(truth, 0.5) if kind == "homes" else truth.roofs()
    held = [share for day in range(6) for share in lived(truth, values, day)]
    share = float(np.concatenate(held).mean())
    assert least <= share <= 0.98, f"the ninth tenth held in {share:.0%}; six days are few skies"


def lived(truth, values, day):
    """At three hours of a day, whether the sum stayed below its ninth tenth, slot by slot."""
    series, mind = np.arange(len(values)), Forecaster(PLACE, archive=truth.archive, draws=True)
    for hour in (8, 11, 14):
        k = PAST + day * SLOTS_PER_DAY + 4 * hour
        now = START + k * SLOT_S
        if hour == 8:
            past = Window.uniform(now - PAST * SLOT_S, PAST)
            mind.fit("x", series, values[:, k - PAST : k], truth.weather(past), past)
        ahead = Window.uniform(now, 48)
        told = mind.issue("x", series, values[:, k - 8 : k], truth.archive(ahead, now), ahead)
        off = (values[:, k : k + 48] - told.middle).sum(axis=0)
        drawn = np.sort(mind.errors("x", series, ahead, COUNT).sum(axis=1), axis=0)
        yield (off <= drawn[-12])[told.middle.sum(axis=0) > 0.1]


def test_a_draw_is_the_same_moment_for_every_quantity(truth):
    values = moody(truth, 0.5)
    mind = learnt(truth, values)
    past = Window.uniform(START, PAST)
    mind.fit("twice", np.arange(12), 2 * values[:, :PAST], truth.weather(past), past)
    ahead = Window.uniform(NOW, 24)
    one = mind.errors("x", np.arange(12), ahead, COUNT)
    two = mind.errors("twice", np.arange(12), ahead, COUNT)
    alike = np.corrcoef(one.ravel(), two.ravel())[0, 1]
    assert alike > 0.99


def test_there_are_none_without_a_record_and_none_for_strangers(truth):
    values, ahead = truth.homes(), Window.graded(NOW)
    assert learnt(truth, values, draws=False).errors("x", np.arange(12), ahead, 9) is None
    assert (
        learnt(truth, values, past=3 * SLOTS_PER_DAY).errors("x", np.arange(12), ahead, 9) is None
    )
    assert Forecaster(PLACE, draws=True).errors("x", np.arange(12), ahead, 9) is None
    drawn = learnt(truth, values).errors("x", np.array([3, 99]), ahead, 9)
    assert drawn.shape == (9, 2, len(ahead))
    assert np.abs(drawn[:, 0]).max() > 0
    assert not drawn[:, 1].any()


def test_keeping_errors_changes_no_forecast(truth, issue):
    values = truth.roofs()
    plain = issue(Forecaster(PLACE, archive=truth.archive), values)
    kept = issue(Forecaster(PLACE, archive=truth.archive, draws=True), values)
    np.testing.assert_array_equal(plain.value, kept.value)
