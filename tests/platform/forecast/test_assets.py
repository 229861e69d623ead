"""What follows the sun, what may be negative and what is mostly zero, from known truth."""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.backtest import backtest, origins_of, peers, read
from commonwatt.platform.forecast.backtest import openstef as bridge
from commonwatt.platform.forecast.backtest.openstef import OpenStef, python_with_openstef
from commonwatt.platform.forecast.backtest.peers import WeeklyNaive
from commonwatt.platform.forecast.ensemble import LEVELS, Ensemble, Series
from commonwatt.platform.forecast.ensemble.days import surroundings
from commonwatt.platform.forecast.ensemble.rows import rows
from commonwatt.platform.forecast.ensemble.slots import Slots
from commonwatt.platform.forecast.sunlit import Sunlit, clear_sky, follows_the_sun, place_of

HOUR, DAY = 3600, 24
KASSEL = (51.3, 9.5)
EQUINOX = 1_742_428_800  # 2025-03-20 00:00 UTC


def sunny(days, seed=5):
    """A roof under a sky whose clearness is new every day; zero at night. In W per kW."""
    bare = Series(EQUINOX, HOUR, np.zeros(days * DAY))
    clear = clear_sky(bare, KASSEL)[:, 0]
    draw = np.random.default_rng(seed)
    index = np.repeat(draw.uniform(0.55, 1.0, days), DAY)
    return replace(bare, value=clear * index), clear


def test_clear_sky_is_night_at_night_and_highest_at_the_suns_noon():
    series = Series(EQUINOX, HOUR, np.zeros(DAY))
    light = clear_sky(series, KASSEL)[:, 0]
    assert (light[[0, 1, 2, 3, 21, 22, 23]] == 0).all()
    assert light.argmax() == 11  # 11:22 UTC in the middle of 9.5 degrees east
    assert 600 < light.max() < 900  # W/m2


def test_walls_get_the_morning_from_the_east_and_noon_from_the_south():
    _, east, south = clear_sky(Series(EQUINOX, HOUR, np.zeros(DAY)), KASSEL).T
    assert east[7] > 300
    assert east[15] < -300
    assert abs(east[11]) < 100
    assert south.argmax() == 11


def test_clear_sky_of_coarse_steps_is_the_mean_of_fine_ones():
    fine = clear_sky(Series(EQUINOX, 900, np.zeros(4 * DAY)), KASSEL)
    day = clear_sky(Series(EQUINOX, 86_400, np.zeros(1)), KASSEL)
    assert day[0] == pytest.approx(fine.mean(axis=0))


def test_knowing_the_place_is_near_what_is_possible_and_makes_nights_dark(tmp_path):
    series, clear = sunny(100)
    start = datetime.fromtimestamp(EQUINOX, tz=UTC)
    lines = [
        f"{start + timedelta(hours=h):%Y-%m-%d %H:%M},{v:.3f}" for h, v in enumerate(series.value)
    ]
    path = tmp_path / "roof.csv"
    path.write_text("\n".join(["when,W", *lines]))
    known = read(path, place=KASSEL)
    assert np.array_equal(known.series.weather[:, 0], clear)
    origins = origins_of(known.series, DAY, 21)
    told = {"origins": origins, "refit_days": 7, "peers": [WeeklyNaive()]}
    ours, naive = backtest(known.series, DAY, sky=known.sky, **told).outcomes
    blind = backtest(read(path).series, DAY, **told).outcomes[0]
    steps = origins[:, None] + np.arange(DAY)
    possible = np.sqrt(((series.value - 0.775 * clear)[steps] ** 2).mean())
    assert ours.score.rmse < 1.25 * possible
    assert ours.score.rmse < 0.97 * blind.score.rmse
    assert ours.score.pinball < 0.97 * min(blind.score.pinball, naive.score.pinball)
    night = clear[steps] == 0
    assert (ours.quantiles[night] == 0).all()
    assert ours.models[0].startswith("sunlit")


def test_the_future_moves_no_forecast_of_the_sun():
    series, _ = sunny(60)
    sky = clear_sky(series, KASSEL)
    origin = 55 * DAY
    other = series.value.copy()
    other[origin:] = 5e3
    first, second = (
        Sunlit.fit(s, origin, DAY, sky).issue(s, origin)
        for s in (series, replace(series, value=other))
    )
    assert np.array_equal(first.quantiles, second.quantiles)
    assert np.array_equal(first.point, second.point)


def test_a_load_does_not_follow_the_sun_and_a_roof_that_feeds_a_meter_does_not_either():
    series, clear = sunny(40)
    assert follows_the_sun(series.value, clear)
    assert not follows_the_sun(30 - series.value, clear)
    assert not follows_the_sun(np.zeros(len(clear)), clear)
    assert not follows_the_sun(np.full(len(clear), np.nan), clear)


@pytest.mark.parametrize("words", ["here", "51.3", "91,0", "0,200", "1,2,3"])
def test_a_place_that_is_none_is_refused(words):
    with pytest.raises(InvalidInput, match="--place"):
        place_of(words)


def priced(days, seed=8):
    """€/MWh by the hour: two peaks, wind that presses it below zero, and spikes."""
    draw = np.random.default_rng(seed)
    hour = np.arange(days * DAY)
    wind = np.empty(len(hour))
    wind[0] = 0.0
    for t in range(1, len(hour)):
        wind[t] = 0.97 * wind[t - 1] + np.sqrt(1 - 0.97**2) * draw.normal()
    peaks = 25 * np.sin(hour * 4 * np.pi / 24 - 1) - 15 * ((hour // 24 % 7) >= 5)
    spikes = 300 * (draw.random(len(hour)) < 0.003)
    told = wind + draw.normal(0, 0.15, len(hour))
    value = 55 + peaks - 40 * wind + spikes + draw.normal(0, 4, len(hour))
    return Series(0, HOUR, value, told[:, None])


def test_prices_may_be_negative_and_spikes_do_not_carry_the_forecast_away():
    series = priced(150)
    assert (series.value < 0).mean() > 0.05
    done = backtest(
        series, DAY, origins=origins_of(series, DAY, 28), refit_days=7, peers=[WeeklyNaive()]
    )
    ours, naive = done.outcomes
    assert (ours.point < 0).any()
    assert (ours.quantiles < 0).any()
    calm = np.abs(done.actual) < 250
    error = np.abs(ours.point - done.actual)[calm].mean()
    assert error < 0.4 * np.abs(naive.point - done.actual)[calm].mean()
    assert 68 <= ours.score.coverage <= 92


def test_a_hub_that_mostly_rests_is_never_expected_to_feed_and_its_band_holds():
    draw = np.random.default_rng(2)
    hours = np.arange(150 * DAY) % DAY
    expected = 11 * np.where((hours >= 17) & (hours < 21), 3.0, 0.15)
    series = Series(0, HOUR, 11.0 * draw.poisson(expected / 11))
    assert (series.value == 0).mean() > 0.6
    done = backtest(series, DAY, origins=origins_of(series, DAY, 28), refit_days=7, peers=[])
    ours = done.outcomes[0]
    assert ours.quantiles.min() >= 0
    wanted = expected[done.origins[:, None] + np.arange(DAY)]
    naive = series.value[done.origins[:, None] + np.arange(DAY) - 7 * DAY]
    missed, chance = (np.sqrt(((f - done.actual) ** 2).mean()) for f in (ours.point, wanted))
    assert missed < chance + 0.4 * (np.sqrt(((naive - done.actual) ** 2).mean()) - chance)
    assert 72 <= ours.score.coverage <= 92


def test_weeks_without_holidays_surround_every_step_alike_at_the_ends_too():
    around = surroundings(Series(0, HOUR, np.zeros(60 * DAY)))
    assert np.ptp(around[:, -1]) < 1e-9
    assert np.array_equal(around[: 7 * DAY], around[7 * DAY : 14 * DAY])
    assert np.array_equal(around[-7 * DAY :], around[-14 * DAY : -7 * DAY])


def test_a_column_that_hardly_ever_moved_carries_no_forecast_away_when_it_does():
    draw = np.random.default_rng(4)
    hours = np.arange(100 * DAY)
    series = Series(0, HOUR, 20 + 10 * np.sin(hours * np.pi / 12) + draw.normal(0, 1, len(hours)))
    table = rows(series, np.arange(20 * DAY, 99 * DAY, DAY), DAY)
    still = table.calendar.copy()
    still[:, -1] = 0.3 + 1e-6 * draw.normal(size=len(still))
    moved = still.copy()
    moved[:, -1] = 0.4
    learned = Slots.fit(replace(table, calendar=still), series.value[table.at], DAY)
    before, after = (learned.predict(replace(table, calendar=c)) for c in (still, moved))
    assert np.abs(after - before).max() < 2


def test_a_peer_that_speaks_in_quantiles_is_taken_at_its_word():
    series, _ = sunny(60)

    class Sure(WeeklyNaive):
        name = "sure"

        def issue(self, series, origin):
            issued = Ensemble.fit(series, origin, DAY).issue(series, origin)
            return replace(issued, quantiles=np.tile(np.arange(9.0), (DAY, 1)))

    done = backtest(series, DAY, origins=origins_of(series, DAY, 2), refit_days=7, peers=[Sure()])
    assert np.array_equal(done.outcomes[1].quantiles[0], np.tile(np.arange(9.0), (DAY, 1)))


CHILD = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    heard = [v for v in asked["value"] if v == v]
    unknown = len(asked["value"]) - len(heard)
    rows = [[heard[-1] + level for level in asked["levels"]]] * unknown
    assert all(len(column) == len(asked["value"]) for column in asked["known"])
    print(json.dumps({"quantiles": rows}), flush=True)
"""


@pytest.fixture
def parrot(tmp_path, monkeypatch):
    """A child that speaks the protocol and says the last value it was told."""
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    monkeypatch.setattr(bridge, "CHILD", child)
    peer = OpenStef(Path(sys.executable))
    yield peer
    peer.close()


@pytest.mark.parametrize("beside", [{}, {"weather"}, {"holiday"}, {"weather", "holiday"}])
def test_the_bridge_tells_openstef_nothing_from_after_the_origin(parrot, beside):
    series, clear = sunny(40)
    origin = 35 * DAY + 12
    for future in (series.value, np.full(len(clear), 7e6)):
        value = np.concatenate([series.value[:origin], future[origin:]])
        known = {"weather": clear[:, None], "holiday": np.zeros(len(clear))}
        told = replace(series, value=value, **{name: known[name] for name in beside})
        parrot.fit(told, origin, DAY)
        issued = parrot.issue(told, origin)
        last = series.value[origin - 1]
        assert issued.point == pytest.approx(np.full(DAY, last + 0.5))
        assert issued.quantiles == pytest.approx(last + np.tile(LEVELS, (DAY, 1)))


@pytest.mark.skipif("COMMONWATT_OPENSTEF" not in os.environ, reason="names no Python with OpenSTEF")
def test_openstef_itself_speaks_in_rising_quantiles_and_sees_no_future():
    series, clear = sunny(45)
    told = replace(series, weather=clear[:, None])
    peer = OpenStef(Path(os.environ["COMMONWATT_OPENSTEF"]), place=KASSEL, country="DE")
    origin = 40 * DAY
    peer.fit(told, origin, DAY)
    first = peer.issue(told, origin)
    moved = np.concatenate([series.value[:origin], np.full(5 * DAY, 7e6)])
    second = peer.issue(replace(told, value=moved), origin)
    peer.close()
    assert np.array_equal(first.quantiles, second.quantiles)
    assert (np.diff(first.quantiles, axis=1) >= 0).all()
    assert np.abs(first.point - 0.775 * clear[origin : origin + DAY]).mean() < 80


def test_the_bridge_stops_with_a_cure_when_the_child_gives_up(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text("raise SystemExit(1)")
    monkeypatch.setattr(bridge, "CHILD", child)
    series, _ = sunny(20)
    peer = OpenStef(Path(sys.executable))
    with pytest.raises(InvalidInput, match="--openstef"):
        peer.fit(series, 19 * DAY, DAY)
    peer.close()


def test_a_python_without_openstef_is_named_with_the_cure(tmp_path):
    with pytest.raises(InvalidInput, match="pip install openstef"):
        python_with_openstef(Path(sys.executable))
    with pytest.raises(InvalidInput, match="no Python that runs"):
        python_with_openstef(tmp_path / "nowhere")


def test_what_is_left_out_is_said():
    found, absent = peers()
    assert "LightGBM" in [peer.name for peer in found]
    assert any("--openstef" in sentence for sentence in absent)
