"""Skill by lead time against sums worked out one by one; nothing is judged by what came later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.leads import LEADS_H
from commonwatt.platform.forecast.residuals import banded, offsets
from commonwatt.platform.forecast.skill import ENOUGH, Tally, drift
from commonwatt.platform.forecast.track import Track

SLOTS = 40
LEVELS = np.array([0.1, 0.5, 0.9])
DAY = DAY_S // SLOT_S


def noise(*shape, seed=1):
    rows, columns = np.indices(shape[-2:])
    return np.array([Rng(seed + k).normal("n", rows, columns) for k in range(3)])[
        : shape[0]
    ].reshape(shape)


def forecast(value, issued_at=0, window=None):
    return Forecast(
        quantity="q", series=np.arange(value.shape[1]), levels=LEVELS, value=value,
        window=window or Window.uniform(issued_at, value.shape[2]), issued_at=issued_at,
        model=("m",) * value.shape[1],
    )  # fmt: skip


@pytest.fixture
def judged():
    """Two series, some of what was measured and of what naive knew missing, and their tally."""
    value = np.sort(noise(3, 2, SLOTS), axis=0)
    actual, naive = noise(2, 2, SLOTS, seed=9)
    actual[0, 3], naive[1, 5] = np.nan, np.nan
    counts = np.arange(SLOTS) < 30
    tally = Tally.none(2)
    tally.judge(forecast(value), np.arange(2), actual, naive, counts)
    return value, actual, naive, counts, tally


def one_by_one(value, actual, naive, counts):
    """The same by the definitions, in plain loops."""
    found = {hours: [] for hours in LEADS_H}
    for n in range(2):
        for t in np.flatnonzero(counts):
            hours = next(h for h in LEADS_H if (t + 1) / 4 <= h)
            if np.isfinite(actual[n, t]):
                found[hours].append((value[:, n, t], actual[n, t], naive[n, t]))
    return {hours: rows for hours, rows in found.items() if rows}


def pinball(level, off):
    return max(level * off, (level - 1) * off)


def test_scores_are_what_their_definitions_say(judged):
    value, actual, naive, counts, tally = judged
    scores = {score.lead_h: score for score in tally.scores()}
    told = one_by_one(value, actual, naive, counts)
    assert set(scores) == set(told)
    for hours, rows in told.items():
        score = scores[hours]
        assert score.slots == len(rows)
        off = np.array([y - q[1] for q, y, _ in rows])
        assert score.mae == pytest.approx(np.abs(off).mean())
        size = np.mean([abs(y) for _, y, _ in rows])
        assert score.nrmse == pytest.approx(np.sqrt((off**2).mean()) / size)
        loss = [pinball(a, y - b) for q, y, _ in rows for a, b in zip(LEVELS, q, strict=True)]
        assert score.pinball == pytest.approx(np.mean(loss))
        assert score.coverage == pytest.approx(np.mean([q[0] <= y <= q[2] for q, y, _ in rows]))
        both = [(q[1], y, b) for q, y, b in rows if np.isfinite(b)]
        theirs = np.mean([abs(y - b) for _, y, b in both])
        assert score.naive_mae == pytest.approx(theirs)
        assert score.skill == pytest.approx(1 - np.mean([abs(y - m) for m, y, _ in both]) / theirs)


def test_tallies_add_up_and_can_be_taken_apart(judged):
    *_, tally = judged
    parts = [tally.of(np.array([n])) for n in range(2)]
    whole = parts[0] + parts[1]
    assert whole.scores() == [
        pytest.approx(score) if isinstance(score, float) else score for score in tally.scores()
    ]
    assert tally.coverage() == pytest.approx(whole.coverage())


@given(st.integers(0, 3), st.sampled_from([1, 7]), st.integers(0, 95))
@settings(deadline=None, max_examples=40)
def test_the_naive_forecast_never_sees_what_came_after_its_issue(days, lag, clock):
    issued_at = (8 + days) * DAY_S + clock * SLOT_S
    values = noise(1, 3, 14 * DAY)[0]
    other = values.copy()
    other[:, issued_at // SLOT_S :] += 100.0
    window = Window.uniform(issued_at, 144)
    said, again = (Track(0, v).naive(window, issued_at, lag * DAY_S) for v in (values, other))
    assert np.array_equal(said, again)
    assert np.isfinite(said).all()
    steps = (lag * DAY) * np.ceil(np.arange(1, 145) / (lag * DAY)).astype(int)
    row = issued_at // SLOT_S + np.arange(144) - steps
    assert np.array_equal(said, values[:, row])


def test_what_was_measured_is_averaged_over_coarser_slots_and_unknown_beyond():
    track = Track(0, np.arange(8.0)[None])
    assert track.over(Window.uniform(0, 3, 3600))[0, :2].tolist() == [1.5, 5.5]
    assert np.isnan(track.over(Window.uniform(0, 3, 3600))[0, 2])


def ratio(factor, slots=ENOUGH):
    tally = Tally.none(1)
    tally.both[0, 0], tally.paired[0, 0], tally.naive[0, 0] = slots, factor * slots, slots
    return tally


def test_errors_that_have_grown_are_drift_and_few_say_nothing():
    assert drift(ratio(0.5), ratio(0.75)) == pytest.approx(1.5)
    assert drift(ratio(0.5), ratio(0.75, ENOUGH - 1)) is None
    assert drift(Tally.none(1), ratio(1.0)) is None


def test_long_lead_times_of_the_last_day_are_not_held_against_short_ones_before():
    before, lately = ratio(0.5), ratio(0.5)
    lately.both[0, 7], lately.paired[0, 7], lately.naive[0, 7] = 500, 900, 500
    assert drift(before, lately) == pytest.approx(1.0)


def test_what_had_no_band_says_nothing_about_bands():
    value, actual = np.zeros((1, 1, 4)), np.ones((1, 4))
    bare = Forecast(
        **{**vars(forecast(np.zeros((3, 1, 4)))), "value": value, "levels": LEVELS[1:2]}
    )
    tally = Tally.none(1)
    tally.judge(bare, np.zeros(1, int), actual, actual, np.ones(4, bool))
    assert tally.coverage() is None
    tally.judge(forecast(np.array([0.0, 1.0, 2.0])[:, None, None] * np.ones((3, 1, 4))),
                np.zeros(1, int), actual, actual, np.ones(4, bool))  # fmt: skip
    assert tally.coverage() == 1.0


def past(issues, spread, grows):
    """Hourly issues that say 0, and what came: noise that grows with the lead time."""
    for k in range(issues):
        shocks = noise(1, 1, 96, seed=100 + k)[0]
        sized = spread * (1 + grows * np.arange(96) / 96)
        yield forecast(np.zeros((3, 1, 96)), 3600 * k), sized * shocks


def test_a_band_of_own_errors_holds_about_as_many_as_it_says():
    offset = offsets(past(60, 2.0, 1.0), 1)
    inside = []
    for said, actual in past(90, 2.0, 1.0):
        value = banded(said.middle, said.window, said.issued_at, offset)
        if said.issued_at >= 60 * 3600:
            inside.append((actual >= value[0]) & (actual <= value[2]))
    assert 0.72 <= np.mean(inside) <= 0.88
    width = offset[:, 2, 0] - offset[:, 0, 0]
    assert width[-2] > 1.5 * width[2]


def test_where_too_few_errors_are_known_the_next_shorter_stands_and_none_gives_none():
    assert not offsets([], 2).any()
    said = forecast(np.zeros((3, 1, 96)))
    actual = np.full((1, 96), np.nan)
    actual[0, :32] = noise(1, 1, 32)[0]
    offset = offsets([(said, actual)], 1)
    assert not offset[:4].any()  # up to 2 h: four slots at most
    assert offset[5].any()  # 4 to 8 h: sixteen
    assert np.array_equal(offset[5], offset[-1])
