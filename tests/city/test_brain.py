import numpy as np
import pytest

from commonwatt.city.bootstrap import simulated
from commonwatt.city.brain import ACT, HORIZON_SLOTS, Brain, certain
from commonwatt.city.link import Link
from commonwatt.city.strategy import Habit
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.errors import InvalidInput, NotPermitted
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant
from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast import Naive

OVERLOAD = "grid.overload/transformer/1"


class Stubborn:
    """Tells one asset the same thing every slot."""

    def __init__(self, asset, low, high):
        self.asset, self.low, self.high = np.array([asset]), low, high

    def decide(self, view):
        who = Principal("stubborn", Role.SYSTEM)
        bounds = np.array([self.low]), np.array([self.high])
        return Commands.bands(self.asset, *bounds, view.now + SLOT_S, "it is always so", who)


def resident(*connections):
    return Warrant(Principal("anna", Role.RESIDENT, frozenset(connections)), Purpose.OWN)


def power(world, asset, slot):
    view, window = world.truth(), Window.uniform(slot, 1)
    return float(view.history("asset.power_kw", np.array([asset]), window)[0, 0])


def test_a_persons_override_wins_over_commands_and_expires(world, noon):
    roof = int(world.city.table("pv").ix[1])
    home = int(world.city.sites[roof])
    brain = world.brain(Stubborn(roof, -5.0, 0.0), Naive())
    brain.devices.override(roof, -1.0, 0.0, noon + 2 * SLOT_S, resident(home))
    fed = []
    for now in range(noon, noon + 4 * SLOT_S, SLOT_S):
        brain.sense(now)
        brain.decide(now)
        brain.sense(now + SLOT_S)
        fed.append(power(world, roof, now))
    assert fed[:2] == [-1.0, -1.0], "what a person wants goes first"
    assert fed[2:] == [-5.0, -5.0], "afterwards the city's commands hold again"


def test_an_override_holds_where_nobody_commands(world, noon):
    roof = int(world.city.table("pv").ix[0])
    brain = world.brain(Habit(), Naive())
    brain.devices.override(roof, -2.0, 0.0, noon + SLOT_S, resident(int(world.city.sites[roof])))
    for now in (noon, noon + SLOT_S):
        brain.sense(now)
        brain.decide(now)
    brain.sense(noon + 2 * SLOT_S)
    assert power(world, roof, noon) == -2.0
    assert power(world, roof, noon + SLOT_S) < -5.0


def test_nobody_overrides_a_neighbours_device(world):
    roof = int(world.city.table("pv").ix[0])
    brain = world.brain(Habit(), Naive())
    with pytest.raises(NotPermitted):
        brain.devices.override(roof, 0.0, 0.0, 2**40, resident(int(world.city.sites[roof]) + 1))


def test_devices_acknowledge_what_they_were_told(world, noon):
    roof = int(world.city.table("pv").ix[0])
    heard = []
    brain = world.brain(
        Stubborn(roof, -3.0, 0.0), Naive(), told=lambda now, c: heard.append((now, c))
    )
    brain.decide(noon)
    low, high, at = brain.devices.reported(ACT)
    assert (low[roof], high[roof], at[roof]) == (-3.0, 0.0, noon)
    assert not brain.devices.pending(noon, ACT).size
    assert [now for now, _ in heard] == [noon]
    assert heard[0][1].reason == ("it is always so",)


def test_lost_messages_arrive_later(village, noon):
    start = noon - 2 * 86400
    world = simulated(village(), 5, start, Link(Rng(5), loss=0.4))
    brain, homes = world.brain(Habit(), Naive()), np.arange(7)
    first = Window.uniform(start, 1)
    brain.sense(start + SLOT_S)
    seen = brain.view(start + SLOT_S).history("meter.power_kw", homes, first)[:, 0]
    lost = np.isnan(seen)
    assert 0 < lost.sum() < 7, "some are lost, some are not"
    for slot in range(2, 5):
        brain.sense(start + slot * SLOT_S)
    view = brain.view(start + 4 * SLOT_S)
    np.testing.assert_array_equal(
        np.isnan(view.history("meter.power_kw", homes, first)[:, 0]), lost
    )
    brain.sense(start + 5 * SLOT_S)
    view = brain.view(start + 5 * SLOT_S)
    late = view.history("meter.power_kw", homes, first)[:, 0]
    truth = world.truth().history("meter.power_kw", homes, first)[:, 0]
    np.testing.assert_array_equal(late, truth)


def test_alarms_are_raised_on_overload_and_cleared_after(world, noon):
    every = world.city.table("pv")
    brain = world.brain(Habit(), Naive())
    brain.sense(noon + SLOT_S)
    brain.judge(noon + SLOT_S)
    alarm = next(a for a in brain.alarms.standing(ACT) if a.key == OVERLOAD)
    assert alarm.raised == noon + SLOT_S
    assert "carries 1" in alarm.cause
    assert alarm.action
    world.field.accept(
        Commands.setpoints(every.ix, np.zeros(len(every)), noon + 9 * SLOT_S, "off", ACT.principal)
    )
    brain.sense(noon + 2 * SLOT_S)
    brain.judge(noon + 2 * SLOT_S)
    history = [a for a in brain.alarms.history(ACT) if a.key == OVERLOAD]
    assert [a.cleared for a in history] == [noon + 2 * SLOT_S], "cleared once its cause is gone"
    brain.alarms.acknowledge(OVERLOAD, noon + 2 * SLOT_S, ACT)
    assert OVERLOAD not in {a.key for a in brain.alarms.standing(ACT)}


def test_forecasts_reach_beyond_any_plan_and_begin_now(world, noon):
    brain = world.brain(Habit(), Naive())
    brain.sense(noon)
    brain.foresee(noon)
    view, ahead = brain.view(noon), Window.uniform(noon, HORIZON_SLOTS)
    told = view.forecast("connection.base_kw", np.arange(7), ahead)
    assert told.issued_at <= noon
    assert np.isfinite(told.middle).all()
    with pytest.raises(InvalidInput, match="does not reach"):
        view.forecast("connection.base_kw", np.arange(7), Window.uniform(noon, HORIZON_SLOTS + 1))
    with pytest.raises(InvalidInput, match="no forecast of 'tides'"):
        view.forecast("tides", np.arange(7), ahead)


def test_forecasts_are_refitted_once_a_day(world, noon):
    class Counted(Naive):
        fits = 0

        def fit(self, quantity, series, history, weather, window):
            assert window.end <= noon + 96 * SLOT_S, "learning from the future"
            self.fits += quantity == "connection.base_kw"
            super().fit(quantity, series, history, weather, window)

    counted = Counted()
    brain = world.brain(Habit(), counted)
    for now in (noon, noon + SLOT_S, noon + 96 * SLOT_S):
        brain.sense(now)
        brain.foresee(now)
    assert counted.fits == 2


def test_forecasters_hear_the_weather_service_and_not_the_sky(world, noon):
    class Listening(Naive):
        def issue(self, quantity, series, recent, weather, window):
            assert window.start == noon
            self.heard = weather.ghi_w_m2
            return super().issue(quantity, series, recent, weather, window)

    listening = Listening()
    brain = world.brain(Habit(), listening)
    brain.sense(noon)
    brain.foresee(noon)
    ahead, signals = Window.uniform(noon, HORIZON_SLOTS), world.ground.signals
    np.testing.assert_array_equal(listening.heard, signals.weather_issued(ahead, noon).ghi_w_m2)
    assert np.abs(listening.heard - signals.weather_truth(ahead).ghi_w_m2).max() > 10
    np.testing.assert_array_equal(
        brain.view(noon).weather(ahead).ghi_w_m2, listening.heard, "sectors hear no other"
    )


def test_a_prophet_is_heard_only_where_one_was_named(world, noon):
    homes, ahead = np.arange(7), Window.uniform(noon, 8)
    for prophet in (None, world.field.fate):
        brain = world.brain(Habit(), Naive(), prophet)
        brain.sense(noon)
        brain.foresee(noon)
        told = brain.view(noon).forecast("connection.base_kw", homes, ahead)
        assert (set(told.model) == {"truth"}) is (prophet is not None)


def test_certainty_is_a_forecast_with_one_level():
    window = Window.uniform(0, 2)
    told = certain("q", np.array([4]), np.array([[1.0, 2.0]]), window)
    np.testing.assert_array_equal(told.middle, [[1.0, 2.0]])
    np.testing.assert_array_equal(told.at(0.95), told.middle)


def test_the_jobs_of_the_loop_stand_in_order(world):
    names = [job.name for job in world.brain(Habit(), Naive()).jobs()]
    assert names == ["sense", "judge", "foresee", "decide"]


@pytest.mark.parametrize(("lived", "fits"), [(8, 6), (96, 2), (480, 1)])
def test_forecasts_are_fitted_anew_as_the_past_grows(world, noon, lived, fits):
    """A quarter more of past calls for a fit, once a day at most."""

    class Counting(Naive):
        fitted = 0

        def fit(self, quantity, *words):
            Counting.fitted += quantity == "connection.base_kw"
            super().fit(quantity, *words)

    brain = world.brain(Habit(), Counting())
    first = brain._telemetry._first
    brain._telemetry._first = max(first, noon - lived * SLOT_S)
    for slot in range(40):
        brain.foresee(noon + slot * SLOT_S)
    assert Counting.fitted == fits


def test_doubted_forecasts_are_learnt_anew_at_once(world, noon):
    fitted = []

    class Noted(Naive):
        def fit(self, quantity, *given):
            fitted.append(now)
            super().fit(quantity, *given)

    brain = Brain(
        city=world.city, sectors=world.sectors, field=world.field, telemetry=world.telemetry,
        signals=world.ground.signals, forecaster=Noted(), strategy=Habit(),
        doubted=lambda view: view.now == noon + 2 * SLOT_S,
    )  # fmt: skip
    for now in range(noon, noon + 4 * SLOT_S, SLOT_S):
        brain.sense(now)
        brain.foresee(now)
    assert sorted(set(fitted)) == [noon, noon + 2 * SLOT_S]
