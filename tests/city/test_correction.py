"""Between plans: who is held, by what, until when, and whom nobody holds."""

from dataclasses import replace

import numpy as np
import pytest

from commonwatt.city.bootstrap import flexible, network
from commonwatt.city.brain import ACT
from commonwatt.city.correction import Correction, Hold
from commonwatt.city.strategy import Coordinated, LocalRules
from commonwatt.city.watch import CADENCES_S, LOOKS_PER_S, Watch, cadence_at
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, STEP_S
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant
from commonwatt.platform.dispatch import Budget, Dispatcher
from commonwatt.platform.forecast import Naive
from commonwatt.sectors.grid.control import Gauges, GridNetwork, Limiter

ANNA = Warrant(Principal("anna", Role.OPERATOR), Purpose.OPERATE)


class Fuller:
    """The field, with `extra_kw` more behind the transformer than anybody knew of."""

    def __init__(self, field, feeder):
        self.field, self.rating = field, feeder.rating_kva
        self.extra_kw, self.said = 0.0, []
        self.spoils = lambda glance: glance

    def glance(self, to):
        glance = self.field.glance(to)
        power, loading = glance.branch_kw.copy(), glance.loading.copy()
        kva = loading[0] * self.rating[0]
        reactive = np.sqrt(max(kva**2 - power[0] ** 2, 0.0))
        power[0] += self.extra_kw
        loading[0] = np.hypot(power[0], reactive) / self.rating[0]
        return self.spoils(replace(glance, branch_kw=power, loading=loading))

    def correct(self, commands):
        self.said.append(commands)
        self.field.correct(commands)


@pytest.fixture
def town(world):
    """The village at noon under a plan, its feeder watched."""
    movers = flexible(world.sectors)
    dispatcher = Dispatcher(
        network(world.city, world.sectors, 0.05),
        budget=Budget(method="fresh", agree=1e-3),
        fuse_kw=world.city.connections.f("fuse_kw"),
    )
    strategy = Coordinated(movers, dispatcher, LocalRules(movers, Limiter(world.city)))
    brain = world.brain(strategy, Naive())
    wires = GridNetwork(world.city)
    field = Fuller(world.field, wires.feeder)
    correction = Correction(world.city, wires, Gauges(wires))
    watch = Watch(correction, field, brain.devices, lambda: strategy.offers)
    start = world.field.now
    for job in brain.jobs():
        job.run(start)
    watch.run(start)
    yield Town(world, brain, field, watch, correction, start)
    dispatcher.close()


class Town:
    def __init__(self, *parts):
        self.world, self.brain, self.field, self.watch, self.correction, self.start = parts

    def look(self, first, last):
        """Look from `first` to `last` seconds into the slot."""
        for second in range(first, last + 1, STEP_S):
            self.watch.run(self.start + second)

    @property
    def roofs(self):
        return self.world.city.table("pv").ix

    def fed(self, second):
        """What roofs feed in at that second, kW."""
        return -self.world.field.glance(self.start + second).asset_kw[self.roofs]


def test_a_feeder_that_is_too_full_takes_back_what_is_too_much(town):
    town.look(10, 30)
    assert not town.correction.holding.size
    town.field.extra_kw = -8.0
    town.look(40, 60)
    held = town.correction.holding
    assert held.size
    assert set(held) <= set(town.roofs) | set(town.world.city.table("battery").ix)
    glance = town.field.glance(town.start + 70)
    assert glance.loading[0] <= 1.0, "within a step or two"
    (commands,) = town.field.said[-1:]
    assert commands.author.id == "feeder.correction"
    assert set(commands.expires) == {town.start + 60 + 60}
    assert "held by the feeder's own correction: transformer" in commands.reason[0]
    why = town.brain.devices.why(int(held[0]), town.start + 60, ANNA)
    assert why.startswith("feeder.correction: held by the feeder's own correction")


def test_it_lets_go_when_there_is_room_again(town):
    town.field.extra_kw = -8.0
    town.look(10, 60)
    assert town.correction.holding.size
    town.field.extra_kw = 6.0
    town.look(70, 500)
    assert not town.correction.holding.size
    low, high = town.brain.devices.in_force(town.start + 500, ACT)
    plain = town.brain.devices.commanded(town.start + 500, ACT)
    np.testing.assert_array_equal((low, high), plain, err_msg="the plan stands as it did")
    hold = town.correction.holds[0]
    assert hold.seconds >= 60
    assert 0 >= hold.to_kw > hold.of_kw


def test_an_override_wins_at_once_and_keeps_winning(town):
    town.field.extra_kw = -8.0
    town.look(10, 60)
    mine = int(town.correction.holding[0])
    town.brain.devices.override(mine, -9.0, 0.0, town.start + SLOT_S, ANNA)
    town.look(70, 200)
    assert mine not in town.correction.holding
    assert town.brain.devices.in_force(town.start + 200, ACT)[0][mine] == -9.0
    free = town.world.field.glance(town.start + 210).asset_kw[mine]
    others = [k for k in town.correction.holding if k != mine]
    assert others, "the others make up for it"
    low = town.brain.devices.commanded(town.start + 200, ACT)[0][mine]
    assert free <= max(-2.0, 0.5 * low), "and the device has heard"


def test_a_dead_controller_is_forgotten_within_a_minute(town):
    town.field.extra_kw = -8.0
    town.look(10, 60)
    held = town.correction.holding
    under = town.world.field.glance(town.start + 110).asset_kw[held]
    beyond = town.world.field.glance(town.start + 130).asset_kw[held]
    assert (beyond < under - 0.1).any(), "the last plan stands again"
    low, high = town.brain.devices.in_force(town.start + 130, ACT)
    plain = town.brain.devices.commanded(town.start + 130, ACT)
    np.testing.assert_array_equal((low, high), plain)
    end = town.start + 3 * SLOT_S
    free = town.brain.devices.in_force(end, ACT)
    assert not np.isfinite(free[0][town.roofs]).any(), "and after the plan each roof's own rule"


@pytest.mark.parametrize("silence", ["nothing comes", "it is old", "the wires cannot carry it"])
def test_without_measurements_it_holds_for_a_minute_and_lets_go(town, silence):
    town.field.extra_kw = -8.0
    town.look(10, 60)
    held = town.correction.holding.tolist()

    def spoiled(glance):
        if silence == "the wires cannot carry it":
            raise InvalidInput("no power flow exists")
        if silence == "it is old":
            return replace(glance, time=glance.time - 60)
        nothing = np.full_like(glance.branch_kw, np.nan)
        return replace(glance, branch_kw=nothing, loading=nothing,
                       volts_pu=np.full_like(glance.volts_pu, np.nan))  # fmt: skip

    town.field.spoils = spoiled
    town.look(70, 110)
    assert town.correction.holding.tolist() == held
    town.look(120, 420)
    assert not town.correction.holding.size


def test_an_instrument_that_sticks_is_not_believed_for_long(town):
    town.field.extra_kw = -8.0
    stuck = town.field.glance(town.start + 10)
    town.field.spoils = lambda glance: replace(
        glance, branch_kw=stuck.branch_kw, loading=stuck.loading, volts_pu=stuck.volts_pu
    )
    town.field.extra_kw = 0.0
    town.look(20, 120)
    assert town.correction.holding.size, "believed at first"
    town.look(130, 600)
    assert not town.correction.holding.size


def test_a_new_plan_takes_corrections_along_and_tells_what_was(town):
    town.field.extra_kw = -8.0
    town.look(10, SLOT_S - STEP_S)
    held = town.correction.holding.tolist()
    after = town.start + SLOT_S
    for job in town.brain.jobs():
        job.run(after)
    town.watch.run(after)
    start, holds = town.correction.past
    assert start == town.start
    assert {hold.asset for hold in holds} >= set(held)
    assert set(town.correction.holding) <= set(held)
    assert town.correction.holding.size, "they go on"
    assert town.correction.holds == []


def test_two_holds_of_a_slot_are_told_as_one():
    early = Hold(asset=1, since=10, seconds=60, to_kw=2.0, of_kw=11.0, limit="line 1")
    late = Hold(asset=1, since=300, seconds=30, to_kw=1.0, of_kw=7.0, limit="line 2")
    both = early.also(late)
    assert (both.since, both.seconds, both.to_kw, both.limit) == (10, 90, 1.0, "line 2")
    assert both.sentence == (
        "held by the feeder's own correction to 1.0 of 7.0 kW at the tightest, for 2 min in all: "
        "line 2 was measured at its limit"
    )


@pytest.mark.parametrize("speed", [1.0, 60.0, 120.0, 240.0, 600.0])
def test_the_faster_the_city_the_rarer_it_looks(speed):
    cadence = cadence_at(speed)
    assert cadence in CADENCES_S
    assert SLOT_S % cadence == 0
    assert speed / cadence <= LOOKS_PER_S
