"""Forecasts that drift are noticed from what is on record, every six hours."""

from types import SimpleNamespace

import numpy as np
import pytest

from commonwatt.city.live.doubt import PATIENCE_S, doubted
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.ports import Forecast
from commonwatt.platform.database import Database, sqlite_url
from commonwatt.platform.forecast import Inputs, Issued, archive

NOW = 20 * DAY_S
QUANTITY = "connection.base_kw"
SERIES = np.array([0, 2])


def usual(times):
    """(2,T) a day like any other, a little off from day to day."""
    daily = 2 + np.sin(2 * np.pi * times / DAY_S) + 0.2 * np.cos(times / 70_000)
    return np.array([daily, 3 * daily])


@pytest.fixture
def on_record(tmp_path):
    """An archive of three days of hourly forecasts that know the usual day, and its database."""
    database = Database(sqlite_url(tmp_path / "city.db"))
    database.migrate()
    with database.write() as connection:
        for issued_at in range(NOW - 3 * DAY_S, NOW, archive.HOUR_S):
            window = Window.uniform(issued_at, 96)
            middle = usual(window.starts) + 0.05
            said = Forecast(
                quantity=QUANTITY, series=SERIES, window=window, levels=np.array([0.5]),
                value=middle[None], issued_at=issued_at, model=("week", "week"),
            )  # fmt: skip
            archive.put(connection, Issued(forecast=said, inputs=Inputs(measured_until=issued_at)))
    yield database
    database.close()


def seen(now, *, more=0.0):
    """A view of a past whose last day lies `more` kW higher than usual."""

    def history(quantity, series, window):
        assert quantity == QUANTITY
        assert series.tolist() == SERIES.tolist()
        return usual(window.starts) + more * (window.starts >= NOW - DAY_S)

    return SimpleNamespace(now=now, history=history)


def test_a_changed_load_is_doubted_and_says_so(on_record):
    said = doubted(on_record, [QUANTITY], seen(NOW, more=0.4))
    assert said.startswith(f"errors of {QUANTITY} grew ")
    assert "times against naive" in said


def test_a_load_like_any_other_is_not_doubted(on_record):
    assert not doubted(on_record, [QUANTITY], seen(NOW))


def test_nobody_doubts_between_times_nor_what_was_never_foreseen(on_record):
    assert not doubted(on_record, [QUANTITY], seen(NOW - PATIENCE_S + SLOT_S, more=9.0))
    assert not doubted(on_record, ["pv.potential_kw"], seen(NOW))


def test_two_days_are_needed_before_anything_is_doubted(on_record):
    early = NOW - DAY_S - 2 * PATIENCE_S
    assert not doubted(on_record, [QUANTITY], seen(early - early % PATIENCE_S, more=9.0))
