"""Fairness: who bore more is dearer to ask, caps of theirs grow faster, and its price is told."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.city import folder
from commonwatt.city.bootstrap import flexible, network
from commonwatt.city.fairness import MOST, Accounts, Burden, Fairness, eased, surcharge
from commonwatt.city.strategy import Coordinated, Habit, LocalRules
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Offers
from commonwatt.kernel.intervals import DAY_S, SLOT_S
from commonwatt.platform.dispatch import Dispatcher
from commonwatt.platform.forecast import Naive
from commonwatt.sectors.grid.control import Limiter


class Remembered:
    """A view whose history is what a test says: (N,T) from quantity, assets and window."""

    def __init__(self, city, now, told):
        self.plan, self.now, self._told, self.asked = city, now, told, []

    def history(self, quantity, series, window):
        self.asked.append((quantity, window.start))
        return self._told(quantity, series, window)


def streets(village, now, near, far):
    """The village, where roofs of either street lost so many kW in every slot, and nobody froze."""
    city = village(days=2)
    roofs = city.table("pv")
    in_far = np.array(city.connections.text("neighbourhood"))[roofs.connection] == "far"

    def told(quantity, series, window):
        kw = np.zeros((series.size, len(window)))
        if quantity == "pv.curtailed_kw":
            kw += np.where(in_far, far, near)[:, None] * roofs.f("rated_kw")[:, None]
        return kw

    return Remembered(city, now, told)


shares = st.floats(0, 1)


@settings(max_examples=25, deadline=None)
@given(near=shares, far=shares, weight=st.floats(0.01, 5))
def test_only_who_bore_more_than_its_share_is_dearer(village, noon, near, far, weight):
    burdens = Accounts(Fairness(weight=weight, days=3)).burdens(streets(village, noon, near, far))
    solar, cold = burdens["pv"], burdens["heat_pump"]
    assert solar.areas == ("far", "near")
    hours = 2 * 24 + 12
    np.testing.assert_allclose(solar.borne, [far * hours, near * hours], rtol=1e-9, atol=1e-9)
    assert (solar.factor >= 1).all()
    assert (solar.factor <= 1 + MOST * weight).all()
    assert (solar.factor > 1 + 1e-9).sum() <= 1, "one of two streets at most is above their mean"
    if abs(near - far) > 1e-6:
        assert solar.factor.argmax() == int(near > far)
    np.testing.assert_array_equal(cold.factor, 1.0)


def test_without_a_weight_nothing_is_read_and_nothing_changes(village, noon):
    seen = streets(village, noon, 0.1, 0.9)
    assert Accounts(Fairness()).burdens(seen) == {}
    assert seen.asked == []
    none = np.zeros((1, 1))
    offers = Offers(window=None, fixed_kw=none, fixed_kvar=none)
    assert eased(offers, seen.plan, {}) is offers


def test_whole_days_are_summed_once_and_today_every_time(village, noon):
    seen, accounts = streets(village, noon, 0.1, 0.9), Accounts(Fairness(weight=1.0, days=3))
    first = accounts.burdens(seen)
    count = len(seen.asked)
    seen.now += SLOT_S
    second = accounts.burdens(seen)
    assert count == 2 * 3
    assert len(seen.asked) - count == 2, "of both kinds, today's"
    assert (second["pv"].borne > first["pv"].borne).all()
    seen.now += DAY_S
    accounts.burdens(seen)
    fresh = Accounts(Fairness(weight=1.0, days=3)).burdens(seen)
    kept = accounts.burdens(seen)
    np.testing.assert_allclose(kept["pv"].borne, fresh["pv"].borne, err_msg="as after a restart")


@pytest.fixture
def seen(world, noon):
    """The brain's view at noon, while the roofs overload the transformer."""
    brain = world.brain(Habit(), Naive())
    brain.sense(noon)
    brain.foresee(noon)
    return brain.view(noon)


def coordinated(world, weight, factor=(1.0, 1.0)):
    """The village as one, its streets far and near held to have borne enough for `factor`."""
    movers = flexible(world.sectors)
    local = LocalRules(movers, Limiter(world.city, 0.05))
    wires = network(world.city, world.sectors, 0.03)
    ours = Coordinated(movers, Dispatcher(wires), local, fairness=Fairness(weight=weight))
    area = np.array(world.city.connections.text("neighbourhood")) == "near"
    burden = Burden(
        areas=("far", "near"), area=area.astype(int), borne=np.zeros(2), factor=np.array(factor)
    )
    ours._accounts.burdens = lambda _view: {"pv": burden} if weight else {}
    return ours


def caps(world, told):
    """(N,) of the roofs."""
    roofs = world.city.table("pv")
    cap = -roofs.f("rated_kw")
    row = {int(asset): n for n, asset in enumerate(roofs.ix)}
    for asset, low in zip(told.asset.tolist(), told.low_kw.tolist(), strict=True):
        if asset in row:
            cap[row[asset]] = max(low, cap[row[asset]])
    return cap


def test_the_street_that_bore_more_may_feed_in_more(world, seen):
    fair = coordinated(world, 1.0, factor=(2.0, 1.0))
    plain, eased_caps = coordinated(world, 0.0), caps(world, fair.decide(seen))
    before = caps(world, plain.decide(seen))
    far = world.city.table("pv").connection >= 4
    assert (eased_caps[far] < before[far] - 0.1).all(), "feeding in is negative"
    assert (eased_caps[~far] > before[~far] + 0.1).all(), "the others make room"
    assert eased_caps.sum() == pytest.approx(before.sum(), rel=0.05), "the wires hold as much"
    fair._dispatcher.close()
    plain._dispatcher.close()


def test_its_price_is_what_the_plan_costs_more_and_never_a_gain(world, seen):
    for factor in ((1.0, 1.0), (1.0, 3.0), (4.0, 1.0)):
        ours = coordinated(world, 1.0, factor)
        ours.decide(seen)
        assert ours.schedule.status == "optimal"
        assert -1e-6 <= ours.fairness_eur < 1.0
        if max(factor) == 1.0:
            assert ours.fairness_eur == 0.0
        ours._dispatcher.close()


def test_a_surcharge_is_what_higher_prices_add(world, seen):
    ours = coordinated(world, 1.0, (2.0, 2.0))
    ours.decide(seen)
    plain = Offers.gathered([f.offer(seen, ours.schedule.window) for f in ours._flexible])
    fair = Offers.gathered(ours.offers)
    (roofs,) = (b for b in plain.envelope if np.isin(world.city.table("pv").ix, b.asset).all())
    held = np.maximum(ours.schedule.power_of(roofs.asset) - roofs.want_kw, 0.0)
    kwh = float((held * ours.schedule.window.hours).sum())
    assert kwh > 1.0
    price = world.city.prices.curtailment_eur_per_kwh
    assert surcharge(ours.schedule, plain, fair) == pytest.approx(kwh * price)
    ours._dispatcher.close()


def test_a_city_file_carries_its_weight(village, tmp_path):
    city = replace(village(days=2), fairness=Fairness(weight=0.5, days=14))
    folder.save(city, tmp_path / "fair")
    assert folder.load(tmp_path / "fair").fairness == city.fairness
    folder.save(village(days=2), tmp_path / "plain")
    assert "fairness" not in (tmp_path / "plain" / "city.toml").read_text()
    assert folder.load(tmp_path / "plain").fairness == Fairness()


@pytest.mark.parametrize("said", [{"weight": -1.0}, {"days": 0}, {"weight": float("nan")}])
def test_what_is_no_fairness_is_refused(said):
    with pytest.raises(InvalidInput, match="fairness: weight"):
        Fairness(**said)
