import numpy as np
import pytest

from commonwatt.city.bootstrap import flexible, network
from commonwatt.city.strategy import Coordinated, Habit, LocalRules, objective, peak_so_far
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.platform.dispatch import Dispatcher
from commonwatt.platform.dispatch.fallback import unplanned
from commonwatt.platform.forecast import Naive
from commonwatt.sectors.grid.control import Limiter


class Ill:
    """A dispatcher that never has a plan."""

    def plan(self, offers, _objective, _now):
        return unplanned(offers, "the solver was killed")

    def caps(self, asset, bound_kw):
        raise AssertionError(f"nobody asks for caps without a plan: {asset} {bound_kw}")


@pytest.fixture
def local(world):
    return LocalRules(flexible(world.sectors), Limiter(world.city, 0.05))


@pytest.fixture
def seen(world, noon):
    """The brain's view at noon, forecasts issued, while the roofs overload the transformer."""
    brain = world.brain(Habit(), Naive())
    brain.sense(noon)
    brain.foresee(noon)
    view = brain.view(noon)
    assert view.latest("branch.loading", np.array([0]))[0] > 1.2
    return view


def same(one, other):
    return one.reason == other.reason and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("asset", "low_kw", "high_kw", "expires")
    )


def test_habit_commands_nobody(seen):
    assert len(Habit().decide(seen)) == 0


def test_without_a_plan_every_sector_follows_its_local_rule_under_the_limiter(world, local, seen):
    ours = Coordinated(flexible(world.sectors), Ill(), local)
    told = ours.decide(seen)
    assert ours.schedule.status == "local"
    assert ours.schedule.cause == "the solver was killed"
    assert same(told, local.decide(seen))
    assert len(told) > 0
    roofs = np.isin(told.asset, world.city.table("pv").ix)
    assert any("network operator" in r for r in told.reason), "the limiter stands behind"
    allowed = -told.low_kw[roofs]
    assert allowed.sum() < 0.9 * world.city.table("pv").f("rated_kw").sum()


def test_local_commands_keep_the_transformer(world, local, noon):
    brain = world.brain(Coordinated(flexible(world.sectors), Ill(), local), Naive())
    loading = []
    for now in range(noon, noon + 4 * SLOT_S, SLOT_S):
        for job in brain.jobs():
            job.run(now)
        loading.append(brain.view(now).latest("branch.loading", np.array([0]))[0])
    assert loading[0] > 1.2
    assert max(loading[2:]) < 1.03, f"the fallback must hold the wires: {loading}"


def test_a_plan_holds_the_wires_and_says_why(world, local, seen, noon):
    wires = network(world.city, world.sectors, 0.03)
    ours = Coordinated(flexible(world.sectors), Dispatcher(wires), local)
    told = ours.decide(seen)
    assert ours.schedule.status == "optimal"
    assert np.unique(told.asset).size == told.asset.size, "nobody is told twice"
    assert (told.low_kw <= told.high_kw).all()
    assert (told.expires > noon).all()
    assert all(told.reason)
    roofs = np.isin(told.asset, world.city.table("pv").ix)
    assert any("wires" in r for r, roof in zip(told.reason, roofs, strict=True) if roof)


def test_what_a_plan_minimises_is_what_the_study_counts(world, seen, noon):
    window = Window.graded(noon)
    aim = objective(seen, window)
    prices = world.city.prices
    carbon = seen.signal("carbon.kg_per_kwh", window) * prices.carbon_eur_per_t / 1000
    energy = seen.signal("price.wholesale_eur_per_kwh", window)
    np.testing.assert_allclose(aim.energy_price, energy + carbon)
    assert aim.peak_price_eur_per_kw_day == prices.peak_eur_per_kw_day
    assert aim.peak_so_far_kw == {int(aim.day[0]): peak_so_far(seen)}


def test_todays_peak_is_counted_from_local_midnight_in_either_direction(seen, noon):
    morning = seen.history("grid.source_kw", np.array([0]), Window.uniform(noon - 48 * SLOT_S, 48))
    assert peak_so_far(seen) == np.nanmax(np.abs(morning)) > 0
    seen.now = noon - 48 * SLOT_S
    assert peak_so_far(seen) == 0.0, "at midnight there is none"
