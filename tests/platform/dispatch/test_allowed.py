"""What single sites may draw and feed in, slot by slot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from commonwatt.kernel.flexibility import Allowed, Schedule
from commonwatt.platform.dispatch import Dispatcher, Worker
from tests.platform.dispatch.test_plan import SLOTS, window
from tests.platform.dispatch.towns import (
    START,
    LinearNetwork,
    car,
    limits_of,
    offers_of,
    prices,
    roof,
)

NET = LinearNetwork(limits_of(np.ones((1, 2)), -90.0, 90.0, SLOTS))


def allowed(draw: np.ndarray | float, feed: np.ndarray | float, connection: int = 0) -> Allowed:
    wide = [np.broadcast_to(np.asarray(x, float), (1, SLOTS)).copy() for x in (draw, feed)]
    return Allowed(connection=np.array([connection]), draw_kw=wide[0], feed_kw=wide[1])


def planned(worker: Worker, site: Allowed, **more) -> tuple[Dispatcher, Schedule]:
    cars = (car(SLOTS, 8.0, 6), car(SLOTS, 8.0, 6, asset=5, connection=1))
    offers = offers_of(window(), 1.0, cars, (roof(SLOTS, 7.0),), connections=2)
    dispatcher = Dispatcher(NET, worker=worker, **more)
    price = prices(window(), np.linspace(0.1, 0.17, SLOTS))
    schedule = dispatcher.plan(replace(offers, allowed=site), price, START)
    assert schedule.status == "optimal", schedule.cause
    return dispatcher, schedule


def test_a_dimmed_site_draws_no_more_and_says_why(worker: Worker) -> None:
    dimmed = np.array([4.2, 4.2, np.inf, np.inf, np.inf, np.inf, np.inf, np.inf])
    dispatcher, schedule = planned(worker, allowed(dimmed, np.inf), fuse_kw=np.full(2, 50.0))
    net = 1.0 + schedule.power_of(np.array([1]))[0] + schedule.power_of(np.array([2]))[0]
    assert net[:2] == pytest.approx([4.2, 4.2]), "the roof's sun is used behind the meter"
    other = 1.0 + schedule.power_of(np.array([5]))[0]
    assert other[0] == pytest.approx(12.0), "the neighbour is not dimmed"
    found = dispatcher.certificate(schedule)
    assert found is not None
    assert found.breach is None
    assert "what connection 0 may draw" in {one.limit for one in found.binding}
    why = dict(zip(schedule.asset.tolist(), dispatcher.answers(schedule), strict=True))
    assert "what connection 0 may draw is at its limit" in why[1]


def test_an_export_limit_holds_back_the_sun_at_noon_only(worker: Worker) -> None:
    noon = np.array([np.inf, np.inf, 5.0, 5.0, np.inf, np.inf, 5.0, 5.0])
    offers = offers_of(window(), 0.5, (), (roof(SLOTS, 7.0),))
    dispatcher = Dispatcher(
        LinearNetwork(limits_of(np.ones((1, 1)), -90, 90, SLOTS)), worker=worker
    )
    schedule = dispatcher.plan(
        replace(offers, allowed=allowed(np.inf, noon)), prices(window(), 0.1), START
    )
    limited = np.isfinite(noon)
    assert schedule.power_kw[0][limited] == pytest.approx([-5.5] * 4)
    assert schedule.power_kw[0][~limited] == pytest.approx([-7.0] * 4)
    cap = dispatcher.caps(np.array([2]), np.array([-10.0]))
    assert cap[0] == pytest.approx(-10.0), "no limit stands in the first slot"


def test_a_roofs_cap_keeps_the_sites_limit(worker: Worker) -> None:
    offers = offers_of(window(), 0.5, (), (roof(SLOTS, 3.0),))
    dispatcher = Dispatcher(
        LinearNetwork(limits_of(np.ones((1, 1)), -90, 90, SLOTS)), worker=worker
    )
    dispatcher.plan(replace(offers, allowed=allowed(np.inf, 5.0)), prices(window(), 0.1), START)
    cap = dispatcher.caps(np.array([2]), np.array([-10.0]))
    assert cap[0] == pytest.approx(-5.5), "however bright the sun becomes"


def test_what_cannot_be_kept_is_named(worker: Worker) -> None:
    offers = replace(offers_of(window(), 6.0), allowed=allowed(4.2, np.inf))
    dispatcher = Dispatcher(
        LinearNetwork(limits_of(np.ones((1, 1)), -90, 90, SLOTS)), worker=worker
    )
    schedule = dispatcher.plan(offers, prices(window(), 0.1), START)
    found = dispatcher.certificate(schedule)
    assert found is not None
    assert found.breach is not None
    assert (found.breach.limit, found.breach.excess) == (
        "what connection 0 may draw",
        pytest.approx(1.8),
    )


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (allowed(-1.0, np.inf), "draw_kw of connection 0"),
        (allowed(np.nan, np.inf), "draw_kw of connection 0"),
        (replace(allowed(1.0, 1.0), feed_kw=np.ones((1, 3))), "feed_kw has shape"),
    ],
)
def test_limits_that_cannot_be_are_refused_by_name(
    worker: Worker, site: Allowed, words: str
) -> None:
    offers = replace(offers_of(window(), 1.0, connections=2), allowed=site)
    schedule = Dispatcher(NET, worker=worker).plan(offers, prices(window(), 0.1), START)
    assert schedule.status == "local"
    assert words in schedule.cause
