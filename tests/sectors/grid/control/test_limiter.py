"""The operator's limiter: caps what it must, nothing else, and settles."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.principal import Principal, Role
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.grid.control import Limiter

INSTALLER = Principal("installer", Role.SYSTEM)


class Street:
    """The village lived slot by slot: potential and demand in, the last slot's measurements out."""

    def __init__(self, city) -> None:
        self.city, self.feeder = city, Feeder.of(city)
        self.pv, self.charger = city.table("pv"), city.table("charger")
        self.seen: dict[str, np.ndarray] = {}

    def live(self, base_kw, sun_kw, cars_kw, low, high) -> float:
        """Worst loading of a slot in which units stay within their envelopes."""
        asset = np.zeros(self.city.assets)
        asset[self.pv.ix] = np.maximum(-sun_kw, low[self.pv.ix])
        asset[self.charger.ix] = np.minimum(cars_kw, high[self.charger.ix])
        net = base_kw.copy()
        np.add.at(net, self.city.sites, asset)
        flow = self.feeder.flow(net[:, None], np.zeros((6, 1)))
        self.seen = {
            "asset.power_kw": asset,
            "branch.power_kw": flow.power_kw[:, 0],
            "branch.loading": flow.loading[:, 0],
        }
        return float(flow.loading.max())

    @property
    def view(self):
        return SimpleNamespace(
            now=900, plan=self.city, latest=lambda quantity, series: self.seen[quantity][series]
        )


def envelopes(city, commands: Commands) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.full(city.assets, -np.inf), np.full(city.assets, np.inf)
    low[commands.asset], high[commands.asset] = commands.low_kw, commands.high_kw
    return low, high


def lived(city, base_kw, sun_kw, cars_kw, *, slots: int = 12, margin: float = 0.0) -> list[float]:
    street, limiter = Street(city), Limiter(city, margin)
    low, high = envelopes(city, Commands.none(INSTALLER))
    worst = []
    for _ in range(slots):
        worst.append(street.live(base_kw, sun_kw, cars_kw, low, high))
        low, high = envelopes(city, limiter.throttle(street.view, Commands.none(INSTALLER)))
    return worst


def test_nothing_overloaded_means_nothing_said(city) -> None:
    street = Street(city)
    free = np.full(city.assets, np.inf)
    street.live(np.full(6, 2.0), np.full(6, 4.0), np.zeros(6), -free, free)
    mine = Commands.bands(street.pv.ix, np.full(6, -3.0), np.zeros(6), 1800, "mine", INSTALLER)
    out = Limiter(city).throttle(street.view, mine)
    own = np.isin(out.asset, street.pv.ix)
    assert np.array_equal(out.low_kw[own], mine.low_kw)
    assert out.reason[0] == "mine"


@given(seed=st.integers(0, 10_000), margin=st.sampled_from([0.0, 0.05]))
@settings(max_examples=20, deadline=None)
def test_steady_sun_or_cars_end_at_the_rating_and_stay(city, seed: int, margin: float) -> None:
    rng = np.random.default_rng(seed)
    base, sunny = rng.uniform(0, 3, 6), bool(seed % 2)
    sun = rng.uniform(18, 30, 6) * sunny
    cars = rng.uniform(15, 22, 6) * (not sunny)
    worst = lived(city, base, sun, cars, margin=margin)
    assert worst[0] > 1.0
    assert max(worst[1:]) < 1.0 - margin + 0.04
    assert max(worst[-4:]) - min(worst[-4:]) < 0.01
    assert worst[-1] > 0.9 - margin


def test_caps_are_in_proportion_to_rated_power(city) -> None:
    street = Street(city)
    free = np.full(city.assets, np.inf)
    rated = street.pv.f("rated_kw")
    street.live(np.full(6, 1.0), rated, np.zeros(6), -free, free)
    low, _ = envelopes(city, Limiter(city).throttle(street.view, Commands.none(INSTALLER)))
    share = -low[street.pv.ix] / rated
    assert share.max() < 1
    assert np.allclose(share[:3], share[0])
    assert np.allclose(share[3:], share[3])


def test_what_one_cannot_use_goes_to_the_others(city) -> None:
    street = Street(city)
    free = np.full(city.assets, np.inf)
    rated = street.pv.f("rated_kw")
    shaded = rated * np.array([1, 1, 0.0, 1, 1, 0.0])
    street.live(np.full(6, 1.0), shaded, np.zeros(6), -free, free)
    low, _ = envelopes(city, Limiter(city).throttle(street.view, Commands.none(INSTALLER)))
    after = street.live(np.full(6, 1.0), shaded, np.zeros(6), low, free)
    assert 0.93 < after < 1.03


def test_a_cap_cuts_the_command_it_meets_and_says_so(city) -> None:
    street = Street(city)
    free = np.full(city.assets, np.inf)
    street.live(np.zeros(6), np.zeros(6), np.full(6, 22.0), -free, free)
    mine = Commands.setpoints(street.charger.ix, np.full(6, 22.0), 1800, "charge", INSTALLER)
    out = Limiter(city).throttle(street.view, mine)
    of = {asset: k for k, asset in enumerate(out.asset.tolist())}
    rows = [of[asset] for asset in street.charger.ix.tolist()]
    assert len(of) == len(out)
    assert (out.high_kw[rows] < 22.0).all()
    assert (out.low_kw[rows] <= out.high_kw[rows]).all()
    assert all("capped by the network operator" in out.reason[row] for row in rows)


def test_without_measurements_it_keeps_still(city) -> None:
    street = Street(city)
    street.seen = {
        "asset.power_kw": np.full(city.assets, np.nan),
        "branch.power_kw": np.full(street.feeder.branches, np.nan),
        "branch.loading": np.full(street.feeder.branches, np.nan),
    }
    assert len(Limiter(city).throttle(street.view, Commands.none(INSTALLER))) == 0


@pytest.mark.parametrize("swing", [0.3, 0.7])
def test_moving_sun_never_makes_it_hunt(city, swing: float) -> None:
    """Clouds that come and go slowly: overshoot stays within what the sun itself moved."""
    street, limiter = Street(city), Limiter(city)
    low, high = envelopes(city, Commands.none(INSTALLER))
    worst = []
    for slot in range(48):
        sun = street.pv.f("rated_kw") * (1 - swing * (0.5 - 0.5 * np.cos(slot / 6)))
        worst.append(street.live(np.full(6, 1.0), sun, np.zeros(6), low, high))
        low, high = envelopes(city, limiter.throttle(street.view, Commands.none(INSTALLER)))
    assert max(worst[1:]) < 1.06
