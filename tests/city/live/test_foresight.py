"""What the live loop foresees is on record as it was said, and nothing later moves any."""

import numpy as np
import pytest
from sqlalchemy import select

from commonwatt.city import folder
from commonwatt.city.live import arrivals, foresight, loads
from commonwatt.city.live.census import Census
from commonwatt.city.registry import sectors
from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform.database import Database
from commonwatt.platform.database.tables import FORECAST, LEARNT
from commonwatt.platform.forecast import archive
from commonwatt.platform.telemetry import Telemetry

READ = system("test", Purpose.OPERATE)
SLOTS = 9


@pytest.fixture(scope="module")
def lived(begin, alive, tmp_path_factory):
    """A village that has lived some slots, two full hours among them. Not to be changed."""
    state = begin(tmp_path_factory.mktemp("foreseen"))
    with alive(state) as life:
        life.run(state.setting().start + (SLOTS - 1) * SLOT_S)
    return state


def rows(state, table=FORECAST):
    database = Database(state.database_url)
    with database.read() as connection:
        found = connection.execute(select(table)).all()
    database.close()
    return {(r.quantity, r[1]): tuple(r) for r in found}


def kept(state, quantity):
    database = Database(state.database_url)
    with database.read() as connection:
        found = list(archive.since(connection, quantity, 0, 1 << 40))
    database.close()
    return found


def test_every_forecast_of_every_slot_is_on_record_with_what_it_could_see(lived):
    start = lived.setting().start
    issues = set(range(start, start + SLOTS * SLOT_S, SLOT_S))
    foreseen = {q for sector in sectors() for q in sector.foreseen}
    planned = {quantity.name for quantity in (*loads.PLANNED, *arrivals.COUNTED)}
    found = rows(lived)
    measured = {quantity for quantity, _ in found} - planned
    assert measured <= foreseen
    assert {"connection.base_kw", "pv.potential_kw", "hot_water.use_kw"} <= measured
    for quantity in measured | planned:
        assert {at for name, at in found if name == quantity} == issues, quantity
        for one in kept(lived, quantity):
            seen, at = one.inputs, one.forecast.issued_at
            assert at == one.forecast.window.start
            assert seen.measured_until <= at
            if quantity in measured:
                assert seen.measured_until == seen.weather_issued_at == at
                assert seen.history_from < seen.fitted_at <= at
                assert (quantity, seen.fitted_at) in rows(lived, LEARNT)


@pytest.fixture(params=[2, 6])
def other_future(request, lived, village, begin, tmp_path):
    """The same village, about to be lived in, whose homes use thrice as much from some slot on."""
    city, start = village(days=14), lived.setting().start
    shape = city.series.values["h0.p"].copy()
    shape[(start - city.series.start) // SLOT_S + request.param :] *= 3
    folder.save(village(days=14, **{"h0.p": shape}), tmp_path / "village")
    state = begin(tmp_path / "state", city=str(tmp_path / "village"))
    return state, start + request.param * SLOT_S


def test_what_comes_later_moves_no_forecast_that_was_made_before(lived, other_future, alive):
    state, then = other_future
    with alive(state) as life:
        life.run(state.setting().start + (SLOTS - 1) * SLOT_S)
    ours, theirs = rows(state), rows(lived)
    assert {key for key in ours if key[1] <= then} == {key for key in theirs if key[1] <= then}
    moved = {key for key in ours if ours[key] != theirs[key]}
    assert moved
    assert all(at > then for _, at in moved)


def test_a_restart_goes_on_as_if_it_had_not_been(lived, begin, alive, tmp_path):
    state = begin(tmp_path / "stopped")
    start = state.setting().start
    for slots in (3, 6, SLOTS):
        with alive(state) as life:
            life.run(start + (slots - 1) * SLOT_S)
    assert rows(state) == rows(lived)


@pytest.fixture(scope="module")
def seen(lived):
    """What there is, and what was measured of it in the lived slots."""
    census = Census(lived.city(), sectors())
    telemetry = Telemetry.follow(lived.telemetry, census.quantities.values(), census.city.sites)
    window = Window.uniform(lived.setting().start, SLOTS - 1)

    def read(quantity, series, over):
        return telemetry.read(quantity, series, over, READ)

    return census, read, window


def test_loads_are_what_the_meters_below_say(seen):
    census, read, window = seen
    homes = np.arange(len(census.city.connections))
    net = loads.actual(census, read, "city.net_kw", np.zeros(1, np.int64), window)[0]
    meters = read("meter.power_kw", homes, window)
    heard = np.isfinite(meters).all(axis=0)
    assert heard.sum() > 3
    assert net[heard] == pytest.approx(meters.sum(axis=0)[heard])
    below = loads.actual(census, read, "branch.net_kw", census.heads, window)
    assert [census.branches[k] for k in census.heads] == ["transformer/1", "line/1"]
    assert below[0] == pytest.approx(net, nan_ok=True)  # all hang below the one transformer
    far = census.city.connections.i("bus") != 1  # those on its own bus use no line
    assert below[1][heard] == pytest.approx(meters[far].sum(axis=0)[heard])


def test_gross_load_is_net_load_before_the_sun(seen):
    census, read, window = seen
    roofs = census.members["renewables"]
    net, gross = (
        loads.actual(census, read, f"city.{kind}_kw", np.zeros(1, np.int64), window)[0]
        for kind in ("net", "gross")
    )
    made = read("asset.power_kw", roofs, window)
    heard = np.isfinite(made).all(axis=0) & np.isfinite(net)
    assert (made[:, heard] < -1).any()
    assert (gross - net)[heard] == pytest.approx(-made.sum(axis=0)[heard])


def test_what_is_expected_of_loads_adds_up(lived):
    start = lived.setting().start
    newest = {
        q.name: next(i.forecast for i in kept(lived, q.name) if i.forecast.issued_at == start)
        for q in loads.PLANNED
    }
    net, gross = newest["city.net_kw"].middle, newest["city.gross_kw"].middle
    assert newest["branch.net_kw"].middle[0] == pytest.approx(net[0], abs=0.01)
    assert (gross >= net - 0.01).all()
    assert (gross - net).max() > 1
    by_sector = newest["sector.power_kw"].middle.sum(axis=0)
    assert by_sector == pytest.approx(net[0], abs=0.01)


def test_silence_between_two_values_is_bridged_and_no_more(seen):
    census, read, window = seen

    def deaf(quantity, series, over):
        values = read(quantity, series, over)
        values[:, 3:5] = np.nan
        return values

    net = loads.actual(census, deaf, "city.net_kw", np.zeros(1, np.int64), window)[0]
    assert np.isnan(net[3:5]).all()


def long_past(issued_at, hours):
    """Issues of one hour's distance that were always 2 kW too low or 4 kW too high."""
    for k in range(hours):
        said = archived(issued_at - (hours - k) * archive.HOUR_S)
        off = np.where((np.arange(SLOTS_PER_DAY) + k) % 2, 2.0, -4.0)
        yield said, said.middle + off


def archived(issued_at):
    return loads.Forecast(
        quantity=loads.CITY_NET.name, series=np.zeros(1, np.int64), issued_at=issued_at,
        window=Window.uniform(issued_at, SLOTS_PER_DAY), levels=np.array([0.5]),
        value=np.full((1, 1, SLOTS_PER_DAY), 10.0), model=("plan",),
    )  # fmt: skip


def test_a_load_gets_the_band_of_its_own_errors_once_there_are_enough():
    offset = foresight.residuals.offsets(long_past(0, 30), 1)
    free = np.array([-np.inf])
    said = loads.surely(archived(0), offset, free)
    assert said.levels.tolist() == [0.1, 0.5, 0.9]
    assert np.allclose(said.value[0], 6.0)
    assert np.allclose(said.value[2], 12.0)
    assert said.middle == pytest.approx(10.0)
    bare = loads.surely(archived(0), foresight.residuals.offsets([], 1), free)
    assert bare.levels.size == 1
    lowest = loads.surely(archived(0), 3 * offset, np.zeros(1)).value[0]
    assert np.allclose(lowest, 0.0)  # what was never negative is not expected to be
