import copy

import numpy as np
import pytest

from commonwatt.city.field import NOBODY, DirectField
from commonwatt.city.link import Link
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Fate, Requests
from commonwatt.kernel.principal import Principal, Role
from commonwatt.study import play as stage

TESTER = Principal("tester", Role.SYSTEM)


class Twin:
    """Does 3 kW if let, and writes down what it was allowed."""

    def __init__(self, stage=0, asks=None, fate=None):
        self.stage, self.asks, self.told = stage, asks, fate or Fate(truth={})
        self.seen = []

    def step(self, world):
        every = np.arange(world.low_kw.size)
        power = world.within(every, np.full(every.size, 3.0))
        self.seen.append((world.start, self.stage, power.copy()))
        world.publish("asset.power_kw", every, power)

    def requests(self):
        return self.asks

    def fate(self, window):
        assert len(window) > 0
        return self.told


def asked(asset):
    one = np.array([asset])
    return Requests(
        asset=one, since=one * 0, until=one * 0 + 900, need_kwh=one * 1.0, got_kwh=one * 0.0,
        power_kw=one * 2.0,
    )  # fmt: skip


def field_of(world, *twins, loss=0.0):
    return DirectField(world.ground, twins, Link(world.ground.rng, loss=loss), world.field.now)


def band(asset, low, high, expires):
    return Commands.bands(
        np.array([asset]), np.array([low]), np.array([high]), expires, "a test", TESTER
    )


def test_an_envelope_holds_until_it_expires_and_no_longer(world):
    twin = Twin()
    field, start = field_of(world, twin), world.field.now
    field.accept(band(2, 0.0, 1.0, start + 2 * SLOT_S))
    field.advance(start + 4 * SLOT_S)
    assert [power[2] for _, _, power in twin.seen] == [1.0, 1.0, 3.0, 3.0]
    assert [power[1] for _, _, power in twin.seen] == [3.0] * 4, "others are left alone"


def test_a_new_envelope_replaces_the_old_one(world):
    twin = Twin()
    field, start = field_of(world, twin), world.field.now
    field.accept(band(2, 0.0, 1.0, start + 9 * SLOT_S))
    field.advance(start + SLOT_S)
    field.accept(band(2, 4.0, 5.0, start + 2 * SLOT_S))
    field.advance(start + 3 * SLOT_S)
    assert [power[2] for _, _, power in twin.seen] == [1.0, 4.0, 3.0], "the old one is gone"


def test_twins_are_stepped_in_order_of_their_stage_once_a_slot(world):
    late, early = Twin(stage=2), Twin(stage=0)
    late.seen = early.seen
    field = field_of(world, late, early)
    start = field.now
    field.advance(start + 2 * SLOT_S)
    field.advance(start + 2 * SLOT_S)
    steps = [(moment, stage) for moment, stage, _ in early.seen]
    assert steps == [(start, 0), (start, 2), (start + SLOT_S, 0), (start + SLOT_S, 2)]
    assert field.now == start + 2 * SLOT_S


def test_the_truth_is_recorded_even_where_messages_are_lost(world):
    field, start = field_of(world, Twin(), loss=0.5), world.field.now
    arrived = field.advance(start + 2 * SLOT_S)
    every = world.city.assets
    assert sum(len(r) for r in field.truth) == 2 * every
    got = sum(len(r) for r in arrived)
    assert 0 < got < 2 * every, "half of it is still under way"
    late = field.advance(start + 6 * SLOT_S)
    times = np.concatenate([r.time for r in [*arrived, *late]])
    assert (times < start + 2 * SLOT_S).sum() == 2 * every, "a device sends again"


def test_requests_of_all_twins_are_joined(world):
    field = field_of(world, Twin(asks=asked(3)), Twin(), Twin(asks=asked(1)))
    np.testing.assert_array_equal(field.requests().asset, [3, 1])
    np.testing.assert_array_equal(field.requests().power_kw, [6.0, 2.0])
    assert field_of(world, Twin()).requests() is NOBODY


def test_fates_of_all_twins_are_joined(world):
    series = np.array([0])
    fates = [
        Fate(truth={"a": (series, np.ones((1, 4)))}, requests=asked(5)),
        Fate(truth={"b": (series, np.zeros((1, 4)))}),
    ]
    field = field_of(world, *(Twin(fate=fate) for fate in fates))
    fate = field.fate(Window.uniform(field.now, 4))
    assert set(fate.truth) == {"a", "b"}
    np.testing.assert_array_equal(fate.requests.asset, [5])


def test_what_two_twins_tell_of_one_quantity_adds_up(world):
    here, there = np.array([0, 2, 3]), np.array([1, 2])
    fates = [
        Fate(truth={"base": (here, np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))}),
        Fate(truth={"base": (there, np.array([[10.0, 20.0], [30.0, 40.0]]))}),
    ]
    field = field_of(world, *(Twin(fate=fate) for fate in fates))
    series, value = field.fate(Window.uniform(field.now, 2)).truth["base"]
    assert series.tolist() == [0, 1, 2, 3]
    assert value.tolist() == [[1, 2], [10, 20], [33, 44], [5, 6]]
    assert fates[0].truth["base"][1][1].tolist() == [3, 4], "the twins' own arrays stay as they are"


def test_looking_at_fate_changes_nothing(world):
    before = copy.deepcopy(world.field)
    world.field.fate(Window.uniform(world.field.now, 96))
    for field in (world.field, before):
        field.truth.clear()
        field.advance(field.now + 4 * SLOT_S)
    for seen, alone in zip(world.field.truth, before.truth, strict=True):
        assert (seen.quantity, seen.value.tobytes()) == (alone.quantity, alone.value.tobytes())


def test_a_copy_lives_its_own_life(world):
    fork = copy.deepcopy(world.field)
    fork.accept(Commands.setpoints(np.array([0]), np.array([0.0]), 2**40, "x", TESTER))
    fork.advance(fork.now + SLOT_S)
    assert world.field.now == fork.now - SLOT_S
    assert not (world.field._expires == 2**40).any()


def test_the_weather_is_that_of_the_slot(world):
    class Thermometer(Twin):
        def step(self, world):
            self.seen.append((world.start, float(world.weather.temperature_c[0])))

    twin = Thermometer()
    field, start = field_of(world, twin), world.field.now
    field.advance(start + 100 * SLOT_S)
    window = Window.uniform(start, 100)
    truth = world.city.series.mean("weather.temperature_c", window)
    assert [t for t, _ in twin.seen] == list(window.starts)
    np.testing.assert_array_equal([c for _, c in twin.seen], truth)


def test_the_past_leaves_no_truth_behind(world, noon):
    assert world.field.now == noon
    assert world.field.truth == [], "a lead's truth would fill the memory of every run"
    past = Window.uniform(noon - 8 * SLOT_S, 8)
    seen = world.brain(None, None).view(noon).history("meter.power_kw", np.arange(7), past)
    assert np.isfinite(seen[:, :4]).all(), "what was measured is kept"


@pytest.mark.parametrize("slots", [2, 3])
def test_a_lead_begins_no_earlier_than_the_profiles(village, slots, monkeypatch):
    monkeypatch.setattr(stage, "LEAD_DAYS", 30)
    city = village(days=4)
    start = city.series.start + slots * SLOT_S
    world = stage.lead(city, start, 1)
    assert world.field.now == start
    covered = world.telemetry.covered(Window.uniform(start - 96 * SLOT_S, 96))
    assert city.series.start <= covered.start < start
