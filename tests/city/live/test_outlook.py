"""What lies ahead, by hand: headroom of stores and bands, spreads, and the wires' loading."""

import numpy as np
import pytest

from commonwatt.city.live.outlook import outlook
from commonwatt.kernel.flexibility import Envelope, Offers, Schedule, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Forecast
from commonwatt.platform.dispatch.fallback import unplanned
from commonwatt.sectors.grid.analysis.flow import Feeder

SLOTS = 4
WINDOW = Window.uniform(0, SLOTS)


def filled(rows, value):
    return np.full((rows, SLOTS), float(value))


@pytest.fixture(scope="module")
def feeder(village):
    return Feeder.of(village())


def offers(fixed, *, storage=(), envelope=()):
    return Offers(
        window=WINDOW, fixed_kw=np.full((7, SLOTS), fixed), fixed_kvar=filled(7, 0.0),
        storage=storage, envelope=envelope,
    )  # fmt: skip


def battery(level):
    one = np.zeros(1)
    return Storage(
        asset=np.array([4]), connection=np.array([2]), draw_kw=filled(1, 5), feed_kw=filled(1, 5),
        eta_in=filled(1, 0.5), eta_out=filled(1, 0.5), keep=filled(1, 1), use_kwh=filled(1, 0),
        low_kwh=filled(1, 0), high_kwh=filled(1, 10), short_price=filled(1, 1),
        start_kwh=one + level, wear_price=one, end_price=one,
    )  # fmt: skip


def roof():
    return Envelope(
        asset=np.array([9]), connection=np.array([3]), low_kw=filled(1, -8), want_kw=filled(1, -8),
        high_kw=filled(1, 0), down_price=filled(1, 0), up_price=filled(1, 0),
    )  # fmt: skip


def schedule(**power):
    assets = sorted(int(name[1:]) for name in power)
    return Schedule(
        window=WINDOW, asset=np.array(assets, dtype=np.int64), limits=(), status="optimal",
        cost_eur=0.0,
        power_kw=np.array([filled(1, power[f"a{a}"])[0] for a in assets]).reshape(-1, SLOTS),
        level_kwh=np.full((len(assets), SLOTS), np.nan), binding=np.full(SLOTS, -1),
        node_price=filled(7, 0.1), breach=np.empty((0, SLOTS)),
    )  # fmt: skip


def forecast(quantity, *rows):
    """Rows of (low, middle, high)."""
    value = np.array(rows, float).T[:, :, None] * np.ones(SLOTS)
    return Forecast(
        quantity=quantity, series=np.arange(len(rows)), window=WINDOW,
        levels=np.array([0.1, 0.5, 0.9]), value=value, issued_at=0, model=("m",) * len(rows),
    )  # fmt: skip


def test_headroom_is_what_rating_and_store_leave(feeder):
    offered = [("homes", offers(1.0, storage=(battery(9.5),)))]
    found = outlook(schedule(a4=1.0), offered, {}, feeder).sectors["homes"]
    assert found.mid_kw[0] == pytest.approx(7 * 1.0 + 1.0)
    # 0.5 kWh of room at half efficiency in a quarter of an hour is 4 kW; 5 kW can be fed
    assert found.up_kw == pytest.approx(3.0)
    assert found.down_kw == pytest.approx(6.0)


def test_a_curtailed_roof_can_draw_less_again(feeder):
    offered = [("renewables", offers(0.0, envelope=(roof(),)))]
    found = outlook(schedule(a9=-3.0), offered, {}, feeder)
    sector = found.sectors["renewables"]
    assert (sector.mid_kw[0], sector.up_kw, sector.down_kw) == (-3.0, 3.0, 5.0)
    np.testing.assert_allclose(found.net_kw[3], -3.0)


def test_without_a_plan_envelopes_do_as_they_would(feeder):
    offered = [("renewables", offers(0.5, storage=(battery(5),), envelope=(roof(),)))]
    found = outlook(unplanned(offered[0][1], "why"), offered, {}, feeder)
    assert found.sectors["renewables"].mid_kw[0] == pytest.approx(7 * 0.5 - 8)


def test_the_wires_are_solved_at_what_all_do_together(feeder):
    parts = [("a", offers(1.0, storage=(battery(5),))), ("b", offers(0.5, envelope=(roof(),)))]
    found = outlook(schedule(a4=2.0, a9=-4.0), parts, {}, feeder)
    net = np.full(7, 1.5)
    net[2] += 2.0
    net[3] -= 4.0
    flow = feeder.flow(net[:, None], np.zeros((7, 1)))
    np.testing.assert_allclose(found.loading, np.repeat(flow.loading, SLOTS, axis=1))
    np.testing.assert_allclose(found.volts_pu, np.repeat(flow.volts_pu, SLOTS, axis=1))


def test_left_alone_the_wires_carry_what_all_would_do(feeder):
    parts = [("a", offers(1.0)), ("b", offers(0.5, envelope=(roof(),)))]
    found = outlook(schedule(a9=-4.0), parts, {}, feeder)
    net = np.full(7, 1.5)
    net[3] -= 8.0
    flow = feeder.flow(net[:, None], np.zeros((7, 1)))
    np.testing.assert_allclose(found.alone_kw, np.repeat(net[:, None], SLOTS, axis=1))
    np.testing.assert_allclose(found.alone_loading, np.repeat(flow.loading, SLOTS, axis=1))
    np.testing.assert_allclose(found.alone_volts_pu, np.repeat(flow.volts_pu, SLOTS, axis=1))


def test_homes_partly_cancel_and_the_sun_does_not(feeder):
    parts = [("homes", offers(1.0)), ("renewables", offers(-1.0))]
    spreads = {
        "homes": ("connection.base_kw", forecast("connection.base_kw", (1, 4, 10), (2, 6, 14))),
        "renewables": ("pv.potential_kw", forecast("pv.potential_kw", (1, 4, 5), (2, 5, 8))),
    }
    found = outlook(schedule(), parts, spreads, feeder).sectors
    homes, sun = found["homes"], found["renewables"]
    assert homes.mid_kw[0] - homes.low_kw[0] == pytest.approx(5.0)  # √(3² + 4²)
    assert homes.high_kw[0] - homes.mid_kw[0] == pytest.approx(10.0)  # √(6² + 8²)
    assert sun.mid_kw[0] - sun.low_kw[0] == pytest.approx(1 + 3)  # more sun, less drawn
    assert sun.high_kw[0] - sun.mid_kw[0] == pytest.approx(3 + 3)
