from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window, epoch
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.platform.settlement import Tariff
from commonwatt.platform.signals import CARBON, EXPORT, IMPORT, WHOLESALE, Signals
from commonwatt.platform.signals.publication import local_midnight, published_until
from commonwatt.platform.signals.skies import NAMES, nearest_region

BERLIN = ZoneInfo("Europe/Berlin")
KASSEL = Place(latitude=51.3, longitude=9.4, altitude_m=200, zone="Europe/Berlin")
MARKET = (WHOLESALE, CARBON)


def at(*parts):
    return epoch(datetime(*parts, tzinfo=BERLIN))


START = at(2016, 3, 14)
DAYS = 21


def weather_series(luck, start=START, days=DAYS):
    slots = days * 96
    bright = np.clip(np.sin(np.arange(slots) * 2 * np.pi / 96 - np.pi / 2), 0, None)
    ghi = 700 * bright * luck.uniform(0.2, 1, slots)
    columns = (luck.normal(8, 4, slots), luck.uniform(0, 9, slots), ghi, ghi / 2)
    return {name: (start, values) for name, values in zip(NAMES, columns, strict=True)}


def signals(series=None, seed=1):
    return Signals(KASSEL, series or {}, Tariff(), Rng(seed))


def price_series(luck):
    return {name: (START, luck.uniform(0, 0.3, DAYS * 96)) for name in MARKET}


moments = st.integers(0, 10 * 96).map(lambda k: START + 8 * DAY_S + k * SLOT_S)


def changed_from(series, moment):
    """The same until `moment`, quite different from then on."""
    out = {}
    for name, (start, values) in series.items():
        other = values.copy()
        other[max(0, (moment - start) // SLOT_S) :] += 3.0
        out[name] = (start, other)
    return out


@settings(max_examples=25, deadline=None)
@given(moments, st.booleans())
def test_nothing_of_the_future_leaks_into_what_is_issued(now, graded):
    luck = np.random.default_rng(3)
    window = Window.graded(now) if graded else Window.uniform(now - 3600, 140)
    published = published_until(now, KASSEL)
    for series in (price_series(luck), weather_series(luck)):
        one, other = signals(series), signals(changed_from(series, published))
        for name in MARKET:
            issued = one.issued(name, window, now)
            np.testing.assert_array_equal(issued, other.issued(name, window, now))
            assert not np.array_equal(
                one.truth(name, Window.uniform(published, 8)),
                other.truth(name, Window.uniform(published, 8)),
            )


@settings(max_examples=25, deadline=None)
@given(moments)
def test_what_is_published_is_true_and_the_rest_is_last_week(now):
    given_signals = signals(price_series(np.random.default_rng(4)))
    window = Window.uniform(now, 32 * 4)
    known = window.starts < published_until(now, KASSEL)
    week_ago = Window.uniform(now - 7 * DAY_S, 32 * 4)
    for name in MARKET:
        wanted = np.where(
            known, given_signals.truth(name, window), given_signals.truth(name, week_ago)
        )
        np.testing.assert_array_equal(given_signals.issued(name, window, now), wanted)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (at(2016, 3, 25, 11, 59), at(2016, 3, 26)),
        (at(2016, 3, 25, 12), at(2016, 3, 27)),
        (at(2016, 3, 26, 12), at(2016, 3, 28)),
        (at(2016, 3, 27, 0), at(2016, 3, 28)),
        (at(2016, 10, 29, 23), at(2016, 10, 31)),
    ],
)
def test_tomorrow_is_published_at_local_noon(now, end):
    assert published_until(now, KASSEL) == end


def test_local_midnights_of_the_short_and_the_long_day():
    for day, hours in (((2016, 3, 27), 23), ((2016, 10, 30), 25), ((2016, 6, 1), 24)):
        number = int(KASSEL.local(np.array([at(*day)]))[0]) // DAY_S
        assert local_midnight(number, KASSEL) == at(*day)
        assert local_midnight(number + 1, KASSEL) - at(*day) == hours * 3600


def test_without_a_week_of_past_the_newest_published_day_is_repeated():
    series = price_series(np.random.default_rng(5))
    short = signals(series)
    now = START + 10 * 3600
    tomorrow = Window.uniform(START + DAY_S, 8)
    today = Window.uniform(START, 8)
    np.testing.assert_array_equal(
        short.issued(WHOLESALE, tomorrow, now), short.truth(WHOLESALE, today)
    )


def test_a_span_without_data_is_named():
    series = weather_series(np.random.default_rng(6))
    gap = series[NAMES[0]][1].copy()
    gap[96:192] = np.nan
    holey = signals({**series, NAMES[0]: (START, gap)})
    week = Window.uniform(START, 7 * 96)
    with pytest.raises(
        InvalidInput, match=rf"'{NAMES[0]}' has no values from 2016-03-14 23:00 to 2016-03-15 23:00"
    ):
        holey.weather_truth(week)
    with pytest.raises(InvalidInput, match="from 2016-04-03 23:00 to 2016-04-04 00:00 UTC"):
        signals(series).weather_truth(Window.uniform(at(2016, 4, 3), 2 * 50 + 4))
    with pytest.raises(InvalidInput, match="from 2016-01-01 00:00 to 2016-01-08 00:00"):
        signals(price_series(np.random.default_rng(7))).truth(
            WHOLESALE, Window.uniform(1451606400, 7 * 96)
        )
    with pytest.raises(InvalidInput, match=NAMES[0]):
        signals(series).truth(WHOLESALE, Window.uniform(1451606400, 7 * 96))


def test_half_a_weather_is_refused():
    series = weather_series(np.random.default_rng(6))
    del series["weather.dhi_w_m2"]
    with pytest.raises(InvalidInput, match=r"'weather\.dhi_w_m2' is missing"):
        signals(series)


def test_an_unknown_signal_is_refused_with_those_there_are():
    with pytest.raises(InvalidInput, match=r"no signal 'price\.gas'.*wholesale"):
        signals().truth("price.gas", Window.uniform(START, 1))


def test_the_citys_own_weather_is_averaged_and_told():
    series = weather_series(np.random.default_rng(8))
    hours = Window.uniform(START, 24, 3600)
    weather = signals(series).weather_truth(hours)
    mean = series["weather.temperature_c"][1][:96].reshape(24, 4).mean(axis=1)
    np.testing.assert_allclose(weather.temperature_c, mean)


REFERENCE, ANOTHER = signals(), signals()


@settings(max_examples=15, deadline=None)
@given(moments, st.integers(1, 40))
def test_issued_weather_is_one_statement_however_it_is_asked(now, slots):
    given_signals = REFERENCE
    fine = Window.uniform(now, 96)
    whole = given_signals.weather_issued(fine, now)
    part = ANOTHER.weather_issued(Window.uniform(now + 900, slots), now)
    np.testing.assert_allclose(part.ghi_w_m2, whole.ghi_w_m2[1 : slots + 1])
    hours = given_signals.weather_issued(Window.uniform(now, 24, 3600), now)
    np.testing.assert_allclose(hours.temperature_c, whole.temperature_c.reshape(24, 4).mean(axis=1))
    past = Window.uniform(now - DAY_S, 96)
    np.testing.assert_allclose(
        given_signals.weather_issued(past, now).temperature_c,
        given_signals.weather_truth(past).temperature_c,
    )
    assert np.abs(whole.temperature_c - given_signals.weather_truth(fine).temperature_c).max() > 0


def test_a_new_moment_brings_a_new_issue():
    given_signals = signals()
    window = Window.uniform(START + DAY_S, 96)
    early = given_signals.weather_issued(window, START)
    late = given_signals.weather_issued(window, START + DAY_S // 2)
    assert not np.array_equal(early.temperature_c, late.temperature_c)


def test_the_default_market_has_its_shape():
    given_signals = signals()
    for month, sunny in ((1, False), (7, True)):
        window = Window.uniform(at(2016, month, 4), 28 * 24, 3600)
        price = given_signals.truth(WHOLESALE, window).reshape(28, 24)
        carbon = given_signals.truth(CARBON, window)
        workday = price[[d for d in range(28) if d % 7 < 5]].mean(axis=0)
        weekend = price[[d for d in range(28) if d % 7 >= 5]].mean(axis=0)
        assert workday[3] < workday[8] < workday[19]
        assert weekend.mean() < workday.mean()
        assert (workday[13] < 0.75 * workday[8]) == sunny
        assert 0.005 <= price.min() <= price.max() < 0.25
        assert 0.15 <= carbon.min() <= carbon.max() <= 0.60
        assert np.corrcoef(price.ravel(), carbon)[0, 1] > 0.8


def test_the_default_market_is_one_whatever_is_asked_first():
    week = Window.uniform(at(2016, 3, 25), 7 * 96)
    whole = signals().truth(WHOLESALE, week)
    late = signals()
    last = late.truth(WHOLESALE, Window(week.edges[300:]))
    np.testing.assert_array_equal(last, whole[300:])
    np.testing.assert_array_equal(late.truth(WHOLESALE, week), whole)
    assert not np.array_equal(signals(seed=2).truth(WHOLESALE, week), whole)


def test_hourly_prices_hold_through_the_hour():
    price = signals().truth(WHOLESALE, Window.uniform(START, 96)).reshape(24, 4)
    assert (np.ptp(price, axis=1) == 0).all()
    assert np.unique(price[:, 0]).size == 24


def test_tariff_signals_are_the_tariff():
    given_signals = signals()
    window = Window(np.array([at(2016, 3, 14, 5), at(2016, 3, 14, 6), at(2016, 3, 14, 8)]))
    np.testing.assert_allclose(given_signals.truth(IMPORT, window), [0.25, 0.33])
    np.testing.assert_allclose(given_signals.issued(EXPORT, window, START), [0.08, 0.08])
    over = Window(np.array([at(2016, 3, 14, 5), at(2016, 3, 14, 7)]))
    np.testing.assert_allclose(given_signals.issued(IMPORT, over, START), [0.29])


@pytest.mark.parametrize(
    ("latitude", "longitude", "region"), [(49.5, 8.5, 12), (53.6, 10, 3), (47.5, 11.1, 15)]
)
def test_the_nearest_station_gives_the_region(latitude, longitude, region):
    assert nearest_region(Place(latitude, longitude, 0, "Europe/Berlin")) == region


def test_a_city_far_from_any_station_must_bring_its_weather():
    madrid = Place(40.4, -3.7, 650, "Europe/Madrid")
    window = Window.uniform(START, 4)
    with pytest.raises(InvalidInput, match=r"within 500 km.*weather\.temperature_c"):
        Signals(madrid, {}, Tariff(), Rng(1)).weather_truth(window)
    own = Signals(madrid, weather_series(np.random.default_rng(1)), Tariff(), Rng(1))
    assert own.weather_truth(window).temperature_c.shape == (4,)


def test_a_series_off_the_quarter_hour_is_refused():
    with pytest.raises(InvalidInput, match="quarter hour"):
        signals({WHOLESALE: (START + 1, np.ones(4))})
