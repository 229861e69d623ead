"""Cars that come: counted from what their chargers say, and foreseen as is usual."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.city.live import arrivals
from commonwatt.city.live.census import Census
from commonwatt.city.registry import sectors
from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place

PLACE = Place(53.6, 11.4, 40.0, "Europe/Berlin")
MONDAY = 1491170400  # 2017-04-03, local midnight
ONE = np.zeros(1, np.int64)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_every_plug_in_is_counted_once_whatever_single_messages_are_lost(data):
    """Sessions with gaps of some slots between them; no two messages in a row are lost."""
    got, begins, at = np.full(120, np.nan), [], 1
    while at < 100:
        at += data.draw(st.integers(3, 12), "away")
        stay = data.draw(st.integers(3, 15), "stay")
        got[at : at + stay] = np.cumsum(data.draw(st.floats(0.0, 3.0)) * np.ones(stay))[: 120 - at]
        begins += [at] if at < 120 else []
        at += stay
    known = np.flatnonzero(np.isfinite(got))
    first = set(begins)
    lost = [k for k in known[1::2] if k not in first and data.draw(st.booleans())]
    lost = [k for k in lost if k - 1 not in lost]
    got[lost] = np.nan
    assert np.flatnonzero(arrivals.came(got[None])[0]).tolist() == begins


@pytest.fixture(scope="module")
def census(village):
    return Census(village(), sectors())


@pytest.fixture
def read(census):
    """Charger 1 is plugged in at the third slot, 2 at the fourth; both leave with what they ask."""
    chargers = census.city.table("charger").ix
    got = np.full((chargers.size, 9), np.nan)
    asked = got.copy()
    got[0, 3:6], got[1, 4:] = [1.0, 2.0, 3.0], np.arange(5.0)
    asked[0, 5] = 7.5

    def told(quantity, series, window):
        assert np.array_equal(series, chargers)
        table = {"ev.got_kwh": got, "ev.asked_kwh": asked[:, 1:]}[quantity]
        assert table.shape[1] == len(window)
        return table

    return told


def test_cars_are_counted_in_the_city_and_below_each_branch(census, read):
    window = Window.uniform(MONDAY, 8)
    cars = arrivals.counted(census, read, "city.ev_arrivals", ONE, window)
    assert cars.tolist() == [[0, 0, 1, 1, 0, 0, 0, 0]]
    asked = arrivals.counted(census, read, "city.ev_asked_kwh", ONE, window)
    assert asked.tolist() == [[0, 0, 0, 0, 7.5, 0, 0, 0]]
    heads = arrivals.series_of(census, "branch.ev_arrivals")
    below = arrivals.counted(census, read, "branch.ev_arrivals", heads, window)
    assert below.shape == (heads.size, 8)
    assert np.array_equal(below[0], cars[0])  # the one transformer
    assert below[1].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]  # the first car is not down the line


def test_what_is_usual_is_found_and_weekends_are_told_apart_once_there_are_enough():
    window = Window.uniform(MONDAY, 28 * SLOTS_PER_DAY)
    weekend = PLACE.weekday(window.starts) >= 5
    hour = PLACE.local(window.starts) % 86_400 / 3600
    truth = np.where(weekend, 1.0, 4.0) * np.exp(-(((hour - 17.5) / 2) ** 2))
    season = arrivals.Season.learnt(truth[None], window, PLACE)
    ahead = Window.uniform(window.end, 7 * SLOTS_PER_DAY)
    expected = season.expected(ahead, PLACE)[0]
    assert np.abs(expected - truth[: 7 * SLOTS_PER_DAY]).max() < 0.1
    few = Window.uniform(MONDAY, 8 * SLOTS_PER_DAY)
    alike = arrivals.Season.learnt(truth[None, : len(few)], few, PLACE)
    assert np.array_equal(alike.table[0], alike.table[1])
    assert "last 8.0 days" in alike.basis


def test_where_no_car_ever_charges_nothing_is_foreseen(village):
    city = village()
    tables = {name: table for name, table in city.tables.items() if name != "charger"}
    bare = Census(replace(city, tables=tables), sectors())
    assert arrivals.series_of(bare, "city.ev_arrivals").size == 0
    assert MONDAY % SLOT_S == 0
