"""Forecasts on record: as they were said, never touched again, and in bounded space."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from commonwatt.kernel.errors import InvalidInput, StorageFailed
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Forecast
from commonwatt.platform.database import Database, sqlite_url
from commonwatt.platform.forecast import Inputs, Issued, archive
from commonwatt.platform.forecast.issued import decoded, encoded

HOUR_S = archive.HOUR_S
NOON = 1_459_512_000
VALUES = arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 9)),
    elements=st.floats(-1e6, 1e6),
)


def said(value, issued_at=NOON, quantity="a.b_kw"):
    levels = {1: [0.5], 2: [0.5, 0.9], 3: [0.1, 0.5, 0.9]}[value.shape[0]]
    return Forecast(
        quantity=quantity, series=np.arange(value.shape[1]) * 3, levels=np.array(levels),
        window=Window.uniform(issued_at, value.shape[2]), value=value, issued_at=issued_at,
        model=tuple(f"model {k % 2}" for k in range(value.shape[1])),
    )  # fmt: skip


def issued(issued_at, value=None, quantity="a.b_kw"):
    value = np.arange(6.0).reshape(1, 2, 3) + issued_at % 7 if value is None else value
    return Issued(
        forecast=said(value, issued_at, quantity),
        inputs=Inputs(measured_until=issued_at, fitted_at=issued_at - HOUR_S),
    )


@pytest.fixture
def database(tmp_path):
    made = Database(sqlite_url(tmp_path / "state.db"))
    made.migrate()
    yield made
    made.close()


@given(VALUES)
@settings(deadline=None)
def test_what_is_kept_is_what_was_said_to_a_small_part_of_its_range(value):
    before = said(value)
    after = decoded("a.b_kw", NOON, encoded(before))
    room = np.ptp(value, axis=(0, 2)) / 65_535
    assert (np.abs(after.value - value) <= 0.51 * room[:, None] + 1e-9).all()
    assert after.model == before.model
    assert np.array_equal(after.series, before.series)
    assert np.array_equal(after.window.edges, before.window.edges)
    assert np.array_equal(after.levels, before.levels)


def test_slots_of_any_width_are_kept():
    before = said(np.ones((1, 1, 32)))
    graded = Forecast(**{**vars(before), "window": Window.graded(NOON)})
    assert np.array_equal(decoded("q", NOON, encoded(graded)).window.edges, graded.window.edges)


@pytest.mark.parametrize(
    "name", ["measured_until", "fitted_at", "history_from", "weather_issued_at"]
)
def test_a_forecast_that_saw_the_future_is_refused(name):
    inputs = {"measured_until": NOON} | {name: NOON + 1}
    with pytest.raises(InvalidInput, match=name):
        Issued(forecast=said(np.ones((1, 1, 1))), inputs=Inputs(**inputs))


def test_a_forecast_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="none"):
        Issued(forecast=said(np.full((1, 1, 1), np.nan)), inputs=Inputs(measured_until=NOON))


def test_what_is_damaged_says_so():
    with pytest.raises(StorageFailed, match=r"a\.b_kw"):
        decoded("a.b_kw", NOON, b"nonsense")


def lived(database, days, quantity="a.b_kw", **bound):
    end = NOON + days * 24 * HOUR_S
    with database.write() as connection:
        for now in range(NOON, end + 1, SLOT_S):
            archive.put(connection, issued(now, quantity=quantity))
            archive.drop_old(connection, now, **bound)
        return end, archive.issues(connection, quantity)


def test_of_the_last_hours_all_are_kept_and_one_an_hour_for_some_days(database):
    end, kept = lived(database, 5)
    lately = range(end - archive.ALL_KEPT_S, end + 1, SLOT_S)
    hourly = range(end - archive.KEPT_S, end + 1, HOUR_S)
    assert kept == sorted({*lately, *hourly})


def test_however_large_the_city_space_is_bounded_and_the_newest_stays(database):
    size = len(encoded(issued(NOON).forecast))
    end, kept = lived(database, 1, most_bytes=10 * size)
    assert kept[-1] == end
    assert 5 <= len(kept) <= 10
    with database.write() as connection:
        archive.drop_old(connection, end, most_bytes=1)
        assert archive.issues(connection, "a.b_kw") == [end]
        assert archive.held_bytes(connection) <= size + 8


def test_later_issues_leave_earlier_ones_as_they_were(database):
    first = issued(NOON)
    with database.write() as connection:
        archive.put(connection, first)
        before = encoded(archive.load(connection, "a.b_kw", NOON).forecast)
        archive.put(connection, issued(NOON + HOUR_S, np.full((1, 2, 3), 99.0)))
        archive.put(connection, issued(NOON, np.full((1, 2, 3), 99.0), "another.one_kw"))
        kept = archive.load(connection, "a.b_kw", NOON)
        assert encoded(kept.forecast) == before
        assert kept.inputs == first.inputs
        assert archive.load(connection, "a.b_kw").forecast.issued_at == NOON + HOUR_S
        assert archive.load(connection, "a.b_kw", NOON + 1) is None
        assert [e.quantity for e in archive.newest(connection)] == ["a.b_kw", "another.one_kw"]


def test_why_a_model_serves_is_kept_as_long_as_what_it_said(database):
    with database.write() as connection:
        for day in range(7):
            at = NOON + day * 24 * HOUR_S
            archive.note_learnt(connection, "a.b_kw", at, {3: ("ridge", f"day {day}")})
            archive.put(connection, issued(at))
            archive.drop_old(connection, at)
        told = [archive.learnt(connection, "a.b_kw", NOON + d * 24 * HOUR_S) for d in range(7)]
        assert told[:2] == [{}, {}]
        assert told[6] == {3: ("ridge", "day 6")}
        oldest = archive.issues(connection, "a.b_kw")[0]
        assert archive.learnt(connection, "a.b_kw", oldest)
