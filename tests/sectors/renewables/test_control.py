"""Roofs offer to give up their sun; a plan's curtailment, and nothing else, becomes a command."""

import numpy as np
import pytest

from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.sectors.renewables.control import Curtailment


def plan(view, power):
    window = Window.uniform(view.now, power.shape[1])
    return Schedule(
        window=window,
        asset=view.plan.pv.ix,
        power_kw=power,
        level_kwh=np.full(power.shape, np.nan),
        binding=np.full(power.shape[1], -1),
        limits=(),
        node_price=np.zeros((2, power.shape[1])),
        breach=np.zeros((0, power.shape[1])),
        cost_eur=0.0,
        status="optimal",
    )


def test_an_offer_reaches_from_the_potential_to_nothing(view):
    view.expected = np.array([[5.0, 4.0], [3.0, -0.2], [0.0, 0.0]])
    offer = Curtailment().offer(view, Window.uniform(view.now, 2))
    (roofs,) = offer.envelope
    assert np.array_equal(roofs.low_kw, [[-5.0, -4.0], [-3.0, 0.0], [0.0, 0.0]])
    assert np.array_equal(roofs.want_kw, roofs.low_kw)
    assert np.all(roofs.high_kw == 0)
    assert np.all(roofs.up_price == view.plan.prices.curtailment_eur_per_kwh)
    assert np.array_equal(roofs.connection, [0, 1, 1])
    assert offer.fixed_kw.shape == (2, 2)
    assert not offer.fixed_kw.any()


def test_only_curtailed_roofs_are_capped(view):
    view.expected = np.array([[5.0], [3.0], [0.0]])
    commands = Curtailment().follow(plan(view, np.array([[-2.0], [-3.0], [0.0]])), view)
    assert commands.asset.tolist() == [1]
    assert commands.low_kw.tolist() == [-2.0]
    assert commands.high_kw.tolist() == [0.0]
    assert commands.expires.tolist() == [view.now + 900]


def test_a_roof_the_plan_does_not_know_runs_free(view):
    view.expected = np.array([[5.0], [3.0], [1.0]])
    stale = plan(view, np.array([[-1.0], [-1.0], [-1.0]]))
    unknown = Schedule(**{**stale.__dict__, "asset": np.array([7, 8, 9])})
    assert len(Curtailment().follow(unknown, view)) == 0


def test_left_alone_nobody_is_told_anything(view):
    assert len(Curtailment().local(view)) == 0


def test_a_town_without_roofs_offers_nothing(bare_view):
    offer = Curtailment().offer(bare_view, Window.graded(bare_view.now))
    assert offer.envelope == ()
    assert offer.fixed_kw.shape == (2, len(offer.window))
    schedule = plan(bare_view, np.zeros((0, 1)))
    assert len(Curtailment().follow(schedule, bare_view)) == 0


def test_the_price_of_a_curtailed_kwh_is_the_published_one(view):
    view.expected = np.ones((3, 4))
    (roofs,) = Curtailment().offer(view, Window.uniform(view.now, 4)).envelope
    assert roofs.up_price.mean() == pytest.approx(0.02)
