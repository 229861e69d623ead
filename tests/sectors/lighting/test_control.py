"""Dimming as an offer, a plan carried out, and the clock that needs no brain."""

import numpy as np
import pytest

from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.sectors.lighting import SECTOR
from commonwatt.sectors.lighting.analysis import Levels, dark_share

FLEX = SECTOR.flexible
DAY = 96


def scheduled(street, window, power):
    return Schedule(
        window=window,
        asset=street.plan.things.ix,
        power_kw=power,
        level_kwh=np.full(power.shape, np.nan),
        binding=np.full(len(window), -1),
        limits=(),
        node_price=np.full((4, len(window)), 0.1),
        breach=np.zeros((0, len(window))),
        cost_eur=0.0,
        status="optimal",
    )


def test_an_offer_holds_what_lamps_then_do_and_could_do(street_of):
    alone, dimmed = street_of(), street_of()
    window = Window.uniform(alone.now, DAY)
    (offer,) = FLEX.offer(alone, window).envelope
    dimmed.high[:] = 0.0
    for street, edge in ((alone, offer.want_kw), (dimmed, offer.low_kw)):
        street.live(DAY)
        assert street.told("asset.power_kw") == pytest.approx(edge, abs=1e-12)
    assert (offer.high_kw == offer.want_kw).all()
    assert (offer.down_price == 0.30).all()


def test_offers_are_well_formed_on_graded_windows(street):
    window = Window.graded(street.now + 5 * SLOT_S)
    offers = FLEX.offer(street, window)
    (offer,) = offers.envelope
    assert offers.fixed_kw.shape == (4, len(window))
    assert not offers.fixed_kw.any()
    assert (offer.low_kw <= offer.want_kw).all()
    assert (offer.low_kw >= 0).all()
    lit = dark_share(window, street.plan.place)
    assert offer.want_kw[:, lit == 0].max() == 0
    for value in vars(offer).values():
        assert np.isfinite(value).all()


def test_a_plan_that_dims_reaches_the_lamps_as_planned(street):
    street.live(4)
    window = Window.uniform(street.now, 4)
    (offer,) = FLEX.offer(street, window).envelope
    share = np.linspace(0, 1, 18)[:, None]
    plan = offer.low_kw + share * (offer.want_kw - offer.low_kw)
    commands = FLEX.follow(scheduled(street, window, plan), street)
    street.obey(commands)
    assert street.live().asset_kw == pytest.approx(plan[:, 0], rel=0.011)
    assert (commands.expires == window.start + SLOT_S).all()
    assert 17 not in commands.asset, "who is not dimmed is not asked"


def test_a_plan_that_leaves_lamps_alone_commands_nothing(street):
    window = Window.uniform(street.now, 4)
    (offer,) = FLEX.offer(street, window).envelope
    assert len(FLEX.follow(scheduled(street, window, offer.want_kw), street)) == 0
    street.live(48)  # noon
    window = Window.uniform(street.now, 4)
    assert len(FLEX.follow(scheduled(street, window, np.zeros((18, 4))), street)) == 0


def test_lamps_the_plan_does_not_know_follow_their_own_rule(street):
    window = Window.uniform(street.now, 4)
    assert len(FLEX.follow(scheduled(street, window, np.full((18, 4), np.nan)), street)) == 0


def test_the_clock_changes_nothing_about_healthy_lamps(street_of):
    alone, clocked = street_of(), street_of()
    for _ in range(DAY):
        clocked.obey(FLEX.local(clocked))
        clocked.live()
    alone.live(DAY)
    assert clocked.told("asset.power_kw").tobytes() == alone.told("asset.power_kw").tobytes()


def test_the_clock_keeps_lamps_off_by_day_and_above_reduced_by_night(street):
    night = FLEX.local(street)
    levels = Levels.of(street.plan.things)
    assert (night.low_kw == levels.reduced_kw).all()
    assert (night.high_kw == levels.full_kw).all()
    street.now += 48 * SLOT_S
    day = FLEX.local(street)
    assert not day.low_kw.any()
    assert not day.high_kw.any()


@pytest.mark.parametrize(("price", "dims"), [(0.08, False), (0.29, False), (0.40, True)])
def test_light_is_taken_where_energy_is_dearer_than_light(price, dims, street, cheapest):
    offers = FLEX.offer(street, Window.uniform(street.now, 8))
    plan = cheapest(offers, np.full(8, price), street.now)
    (offer,) = offers.envelope
    wanted = offer.low_kw if dims else offer.want_kw
    assert plan.power_of(street.plan.things.ix) == pytest.approx(wanted, abs=1e-9)


def test_a_town_without_lamps_offers_nothing(street_of):
    street = street_of([])
    offers = FLEX.offer(street, Window.uniform(street.now, 4))
    assert offers.envelope == ()
    assert offers.fixed_kw.shape == (4, 4)
    assert len(FLEX.local(street)) == 0
    empty = scheduled(street, Window.uniform(street.now, 4), np.empty((0, 4)))
    assert len(FLEX.follow(empty, street)) == 0
