from dataclasses import replace

import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOTS_PER_DAY
from commonwatt.study import stress
from commonwatt.study.stress import Stress, most_stressed

LEAD, TAIL = 3, 1


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(stress, "LEAD_DAYS", LEAD)
    monkeypatch.setattr(stress, "TAIL_DAYS", TAIL)


@pytest.fixture(scope="module")
def planted(village):
    """A village of nine days in which all homes take far more on some of them."""

    def plant(*days, factor=6.0, **drawn):
        city = village(days=9, **drawn)
        load = city.series.values["h0.p"].copy()
        for day in days:
            load[day * SLOTS_PER_DAY : (day + 1) * SLOTS_PER_DAY] *= factor
        return village(days=9, **drawn, **{"h0.p": load})

    return plant


def found(city, days=1, count=1):
    shares = []
    spans = most_stressed(city, days=days, count=count, seed=1, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return spans


def day_of(city, span):
    return (span.start - city.series.start) / DAY_S


def test_the_planted_days_are_found_worst_first(planted):
    city = planted(6, 4, rated_kva=60.0)
    load = city.series.values["h0.p"]
    load[6 * SLOTS_PER_DAY : 7 * SLOTS_PER_DAY] *= 1.3
    spans = found(city, count=2)
    assert [day_of(city, span) for span in spans] == [6, 4]
    assert spans[0].overload_kvah > spans[1].overload_kvah > 0
    assert spans[0].peak_loading > 1
    assert "are the most stressed of the year: under today's habits" in spans[0].why(1)
    assert "11 April 2017" in spans[0].why(1)


def test_spans_hold_the_worst_and_never_overlap(planted):
    city = planted(5, rated_kva=60.0)
    spans = found(city, days=2, count=3)
    assert day_of(city, spans[0]) in {4, 5}
    starts = [day_of(city, span) for span in spans]
    gaps = np.abs(np.subtract.outer(starts, starts))[~np.eye(len(starts), dtype=bool)]
    assert (gaps >= 2).all(), starts
    assert min(starts) >= LEAD
    assert max(starts) + 2 <= 9 - TAIL


def test_where_nothing_binds_it_says_so(planted):
    spans = found(planted(5, factor=1.2, rated_kva=400.0))
    assert spans[0].overload_kvah == 0
    assert "yet no limit binds: the worst loading is" in spans[0].why(1)


def test_too_short_profiles_are_refused(village):
    sentence = r"village: its profiles cover too few days for a study of 2 days with 3 days of hist"
    for days in (LEAD + TAIL, LEAD + TAIL + 1):
        with pytest.raises(InvalidInput, match=sentence):
            found(village(days=days), days=2)


def test_a_city_without_series_is_refused(village):
    city = village(days=5)
    bare = replace(city, series=replace(city.series, values={}))
    with pytest.raises(InvalidInput, match="too few days"):
        found(bare)


def test_a_reason_names_the_local_day():
    assert "01 July 2016" in Stress(1467324000, 12.0, 1.3).why(7)
