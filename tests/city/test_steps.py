"""A slot in steps: meters tell what they would tell anyway, unless a correction takes something."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from commonwatt.city.bootstrap import simulated
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.intervals import SLOT_S, STEP_S, Window
from commonwatt.kernel.principal import Principal, Purpose, Role, system
from commonwatt.platform.telemetry import Telemetry

TESTER = Principal("tester", Role.SYSTEM)
READ = system("test", Purpose.STUDY)


def band(assets, low, high, expires):
    asset = np.atleast_1d(assets)
    return Commands.bands(asset, np.array(low), np.array(high), expires, "a test", TESTER)


def everything(field):
    """All that the twins published, in order."""
    return [(r.quantity, r.series, r.time, r.value) for r in field.truth]


def of_slot(field, quantity, count):
    telemetry = Telemetry.open(None)
    telemetry.append(field.truth, READ)
    window = Window.uniform(field.now - SLOT_S, 1)
    return telemetry.read(quantity, np.arange(count), window, READ)[:, 0]


@pytest.fixture
def field(world):
    """A field at the start of a slot in which something is going on."""
    world.field.advance(world.field.now + 2 * SLOT_S)
    world.field.truth.clear()
    return world.field


def lived(field, looks=range(STEP_S, SLOT_S + 1, STEP_S)):
    """A slot with glances at the seconds `looks`; the glances."""
    start = field.now
    seen = [field.glance(start + second) for second in looks]
    field.advance(start + SLOT_S)
    return seen


def test_where_nothing_is_corrected_a_slot_is_the_same_to_the_bit(field):
    plain = copy.deepcopy(field)
    plain.advance(field.now + SLOT_S)
    lived(field)
    for one, other in zip(everything(field), everything(plain), strict=True):
        assert one[0] == other[0]
        np.testing.assert_array_equal(one[3], other[3], err_msg=one[0])


def test_steps_have_the_energy_that_meters_tell(field, world):
    start, steps = field.now, field.steps()
    field.glance(start + SLOT_S)
    net = steps.net_kw.copy()
    field.advance(start + SLOT_S)
    metered = of_slot(field, "meter.power_kw", len(world.city.connections))
    np.testing.assert_allclose(net.mean(axis=1), metered, atol=1e-9)
    assert net.std(axis=1).max() > 0.05, "and are not level"


def test_a_correction_acts_from_the_next_step_and_the_meter_counts_what_was_done(field, world):
    start, roof = field.now, world.city.table("pv").ix[0]
    before = field.glance(start + 30).asset_kw[roof]
    assert before < -0.2
    field.correct(band(roof, before / 2, np.inf, start + 30 + 60))
    steps = field.steps()
    held = [field.glance(start + second).asset_kw[roof] for second in range(40, 100, 10)]
    np.testing.assert_allclose(held, before / 2)
    assert field.glance(start + 100).asset_kw[roof] < 0.9 * before / 2, "it has expired"
    field.glance(start + SLOT_S)
    net = steps.net_kw.copy()
    field.advance(start + SLOT_S)
    metered = of_slot(field, "meter.power_kw", len(world.city.connections))
    np.testing.assert_allclose(net.mean(axis=1), metered, atol=1e-9)


def test_a_correction_never_gives_more(field):
    start = field.now
    free = copy.deepcopy(field)
    plain = free.glance(start + SLOT_S).asset_kw
    every = np.arange(plain.size)
    field.correct(band(every, np.full(every.size, -0.3), np.full(every.size, 0.3), start + SLOT_S))
    power = field.glance(start + SLOT_S).asset_kw
    assert (np.abs(power) <= np.abs(plain) + 1e-12).all()
    assert (power * plain >= 0).all()


def test_a_slot_left_half_way_is_finished_by_itself(field):
    whole = copy.deepcopy(field)
    lived(whole)
    lived(field, looks=(10, 20))
    for one, other in zip(everything(field), everything(whole), strict=True):
        np.testing.assert_array_equal(one[3], other[3], err_msg=one[0])


def test_a_fork_within_a_slot_begins_the_slot_again(field):
    start = field.now
    field.glance(start + 300)
    fork = copy.deepcopy(field)
    np.testing.assert_array_equal(
        fork.glance(start + 310).branch_kw, field.glance(start + 310).branch_kw
    )


def test_charging_pauses_below_its_least_and_its_meter_tells_the_mean(village, noon):
    city = village(days=14)
    charger = city.table("charger")
    least = replace(charger, columns={**charger.columns, "min_kw": np.full(5, 4.1)})
    world = simulated(replace(city, tables={**city.tables, "charger": least}), 1, noon)
    field, car = world.field, int(charger.ix[0])
    while field.glance(field.now + STEP_S).asset_kw[car] < 11.0:
        field.advance(field.now + SLOT_S)
    start = field.now
    field.truth.clear()
    field.correct(band(car, -np.inf, 2.0, start + 880))
    assert field.glance(start + 880).asset_kw[car] == 0.0
    assert field.glance(start + 890).asset_kw[car] == pytest.approx(11.0)
    field.advance(start + SLOT_S)
    done = of_slot(field, "asset.power_kw", city.assets)[car]
    assert done == pytest.approx(11.0 * 30 / 900), "though that is less than it can run at"
