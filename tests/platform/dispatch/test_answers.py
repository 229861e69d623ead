"""What somebody hears who asks why: the deed, the price, the alternative, the limit behind it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.place import Place
from commonwatt.platform.dispatch import Dispatcher, Worker
from tests.platform.dispatch.towns import (
    START,
    LinearNetwork,
    battery,
    car,
    limits_of,
    offers_of,
    prices,
    roof,
)

SLOTS = 8
ULM = Place(48.4, 10.0, 480.0, "Europe/Berlin")


def answered(
    worker: Worker,
    price: object,
    stores: tuple[Storage, ...] = (),
    bands: tuple[Envelope, ...] = (),
    *,
    low: float = -50.0,
    high: float = 50.0,
    fixed: object = 1.0,
) -> dict[int, str]:
    window = Window.uniform(START, SLOTS)
    rows = replace(limits_of(np.ones((1, 1)), low, high, SLOTS), name=("transformer T1",))
    dispatcher = Dispatcher(LinearNetwork(rows), place=ULM, worker=worker)
    schedule = dispatcher.plan(
        offers_of(window, fixed, stores, bands), prices(window, price), START
    )
    return dict(zip(schedule.asset.tolist(), dispatcher.answers(schedule), strict=True))


def test_who_draws_hears_the_next_best_time(worker: Worker) -> None:
    price = np.array([0.082, 0.1, 0.2, 0.4, 0.3, 0.3, 0.01, 0.01])
    assert answered(worker, price, (car(SLOTS, 2.0, 6),))[1] == (
        "draws 8.0 kW now because 8.2 ct/kWh is the cheapest it can wait for before 00:30; "
        "a kWh is worth 8.2 ct here now, 10.0 ct at 23:15 when it could too; "
        "no limit binds here"
    )


def test_who_is_held_back_hears_what_the_limit_adds(worker: Worker) -> None:
    load = np.array([6.0, 6.0, 1, 1, 1, 1, 1, 1])
    stores = (car(SLOTS, 3.0, 6), battery(SLOTS, asset=0, end_price=0.0, feed_kw=0.0))
    price = np.linspace(0.05, 0.4, SLOTS)
    told = answered(worker, price, stores, high=6.0, fixed=load)[1]
    assert told.startswith("held back: transformer T1 is at its limit until 00:00; a kWh is worth ")
    assert re.search(r"; transformer T1 adds \d+\.\d ct to it$", told), told


def test_who_is_curtailed_hears_what_the_limit_takes_off(worker: Worker) -> None:
    told = answered(worker, 0.1, (), (roof(SLOTS, 9.0),), low=-5.0, fixed=0.0)[2]
    assert "a kWh is worth -2.0 ct here now" in told
    assert told.endswith("transformer T1 takes 12.0 ct off it")


def test_who_feeds_hears_when_else_it_could(worker: Worker) -> None:
    price = np.array([0.5, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1])
    told = answered(worker, price, (battery(SLOTS, start_kwh=1.0),))[0]
    assert "50.0 ct here now, 20.0 ct at 23:30 when it could too" in told


def test_without_a_fresh_plan_the_cause_is_told(worker: Worker) -> None:
    window = Window.uniform(START, SLOTS)
    rows = limits_of(np.ones((1, 1)), -50.0, 50.0, SLOTS)
    dispatcher = Dispatcher(LinearNetwork(rows), place=ULM, worker=worker)
    offers = offers_of(window, 1.0, (car(SLOTS, 2.0, 6),))
    dispatcher.plan(offers, prices(window, 0.1), START)
    later = dispatcher.plan(offers, prices(window, np.nan), START)
    assert dispatcher.answers(later) == dispatcher.reasons(later)
    assert dispatcher.answers(later)[0].startswith("goes on with the last plan: the objective's")
