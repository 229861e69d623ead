import numpy as np
import pytest

from commonwatt.city.bootstrap import flexible
from commonwatt.kernel.errors import InvalidInput, NoPlan
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.platform.dispatch.fallback import unplanned
from commonwatt.study.foresight import FateView, Foresight

FOLLOWS_KW = 1e-4
"""The plan is solved to 1e-7 relative; a device that follows it is off by rounding only."""
ROUNDING = 1e-3
"""Share of its cost by which the bound may be above another run: the plan sees a home's two-node
building as one level and the losses as linear."""


def test_the_bound_never_overloads_anything(lived, measure):
    bound, today = lived("bound").played, lived("today").played
    assert measure(today, "overload_energy") > 20, "the village must be worth coordinating"
    assert measure(bound, "overload_energy") < 1e-3
    assert measure(bound, "overload_hours") == 0
    assert measure(bound, "voltage_energy") == 0


@pytest.mark.parametrize("run", ["today", "tuned", "coordinated"])
def test_nothing_is_cheaper_than_the_bound(run, lived, measure):
    bound, other = (measure(lived(r).played, "system_cost") for r in ("bound", run))
    assert bound <= other + 1e-6 + ROUNDING * abs(other), f"{run} costs less than the bound"


@pytest.mark.parametrize("kind", ["charger", "battery", "heat_pump", "hot_water", "pv"])
def test_what_was_planned_is_what_was_lived(kind, lived, scene):
    life = lived("bound")
    ix = life.world.city.table(kind).ix
    planned = life.strategy.schedule.power_of(ix)
    done = life.world.truth().history("asset.power_kw", ix, scene.window)
    held = np.isfinite(planned).all(axis=1)
    assert held.any(), f"the plan holds no {kind}"
    off = np.abs(planned - done)[held]
    assert off.max() <= FOLLOWS_KW, f"{kind}: {off.max():.4f} kW off the plan"


def test_cars_and_comfort_lose_nothing(lived, measure):
    bound = lived("bound").played
    served = next(r for r in bound.rows if (r.measure, r.area) == ("ev_served", "all"))
    assert served.value >= 0.999 * served.share_of > 0
    assert measure(bound, "comfort_lost") <= 1e-6


class Planless:
    def plan(self, offers, _objective, _now):
        return unplanned(offers, "the solver is ill")


def test_a_bound_without_a_plan_is_no_bound(world, noon):
    seer = Foresight(
        flexible(world.sectors), Planless(), world.ground, world.field.fate, noon + DAY_S
    )
    with pytest.raises(NoPlan, match=r"perfect-foresight bound has no plan: the solver is ill"):
        seer.decide(world.brain(seer, None).view(noon))


class Overheard:
    """A dispatcher that keeps the last offers and has no plan."""

    def plan(self, offers, _objective, _now):
        self.offers = offers
        return unplanned(offers, "only listening")


def test_a_car_that_leaves_soon_after_the_end_has_what_cannot_be_made_up(world, noon):
    asked = world.field.fate(Window.uniform(noon, 96)).requests
    hungry = asked.need_kwh - asked.got_kwh > asked.power_kw
    car = np.flatnonzero(hungry & (asked.until - asked.since >= 3 * 3600))[0]
    end, ears = int(asked.until[car]) - SLOT_S, Overheard()
    seer = Foresight(flexible(world.sectors), ears, world.ground, world.field.fate, end)
    with pytest.raises(NoPlan):
        seer.decide(world.brain(seer, None).view(noon))
    chargers = world.city.table("charger").ix
    rows = next(b for b in ears.offers.storage if np.isin(b.asset, chargers).any())
    staying = (rows.asset == asked.asset[car]) & (rows.end_price > 0)
    wanted = asked.need_kwh[car] - asked.power_kw[car] * SLOT_S / 3600
    np.testing.assert_allclose(rows.low_kwh[staying, -1], [wanted])
    assert rows.short_price[staying, -1] > 0, "nobody may leave it out for nothing"


def test_fate_is_the_truth(world, noon):
    window = Window.uniform(noon, 8)
    view = FateView(
        seen=world.truth(), ground=world.ground, fate=world.field.fate(window), window=window
    )
    homes = np.arange(7)
    told = view.forecast("connection.base_kw", homes, window)
    assert set(told.model) == {"truth"}
    shown = view.weather(window).temperature_c
    np.testing.assert_array_equal(shown, world.city.series.mean("weather.temperature_c", window))
    with pytest.raises(InvalidInput, match="no twin tells the fate of 'tides'"):
        view.forecast("tides", homes, window)
    world.field.truth.clear()
    world.field.advance(noon + 8 * SLOT_S)
    truth = world.truth()
    assets = np.arange(world.city.assets)
    kw = np.nan_to_num(truth.history("asset.power_kw", assets, window))
    base = truth.history("meter.power_kw", homes, window)
    np.subtract.at(base, world.city.sites, kw)
    np.testing.assert_allclose(told.middle, base, atol=1e-9)
