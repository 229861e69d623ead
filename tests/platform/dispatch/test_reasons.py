from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from commonwatt.kernel.errors import NoPlan
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


def explained(worker: Worker, price, stores=(), bands=(), *, low=-50.0, high=50.0, fixed=1.0):
    window = Window.uniform(START, SLOTS)
    rows = replace(limits_of(np.ones((1, 1)), low, high, SLOTS), name=("transformer T1",))
    dispatcher = Dispatcher(LinearNetwork(rows), place=ULM, worker=worker)
    offers = offers_of(window, fixed, tuple(stores), tuple(bands))
    schedule = dispatcher.plan(offers, prices(window, price), START)
    assert dispatcher.reasons(schedule) == tuple(
        dispatcher.explain(schedule, int(a), 0) for a in schedule.asset
    )
    return lambda asset, slot: dispatcher.explain(schedule, asset, slot)


def test_cheapest_and_until_when(worker: Worker) -> None:
    price = np.array([0.082, 0.1, 0.2, 0.4, 0.3, 0.3, 0.01, 0.01])
    why = explained(worker, price, [car(SLOTS, 2.0, 6)])
    assert why(1, 0) == (
        "draws 8.0 kW now because 8.2 ct/kWh is the cheapest it can wait for before 00:30"
    )
    assert why(1, 1).startswith("rests: at 10.0 ct/kWh")
    assert why(1, 7) == "rests: it can neither draw nor feed now"


def test_waiting_for_a_price(worker: Worker) -> None:
    price = np.array([0.4, 0.1, 0.2, 0.4, 0.3, 0.3, 0.01, 0.01])
    why = explained(worker, price, [car(SLOTS, 2.0, 6)])
    assert why(1, 0) == "waits: 40.0 ct/kWh now, 10.0 ct/kWh at 23:15"


def test_held_back_by_a_named_limit(worker: Worker) -> None:
    load = np.array([6.0, 6.0, 1, 1, 1, 1, 1, 1])
    price = np.linspace(0.05, 0.4, SLOTS)
    stores = [car(SLOTS, 3.0, 6), battery(SLOTS, asset=0, end_price=0.0, feed_kw=0.0)]
    why = explained(worker, price, stores, high=6.0, fixed=load)
    assert why(1, 0) == "held back: transformer T1 is at its limit until 00:00"
    assert why(1, 2) == "draws 5.0 kW now, no more: transformer T1 is at its limit until 00:00"


def test_curtailed_by_a_named_limit(worker: Worker) -> None:
    why = explained(worker, 0.1, (), [roof(SLOTS, 9.0)], low=-5.0, fixed=0.0)
    assert why(2, 0) == (
        "runs at 5.0 instead of 9.0 kW: transformer T1 is at its limit until 01:00"
    )


def test_left_alone_and_feeding(worker: Worker) -> None:
    price = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    why = explained(worker, price, [battery(SLOTS, start_kwh=1.0)], [roof(SLOTS, 1.0)])
    assert why(2, 0) == "runs as it would by itself: nothing stands against it"
    assert why(0, 0).startswith("feeds 3.8 kW: at 50.0 ct/kWh now")


def test_who_is_not_in_the_plan(worker: Worker) -> None:
    why = explained(worker, np.nan, [car(SLOTS, 2.0, 6)])
    assert why(1, 0).startswith("follows its own rule: the objective's energy_price")


def test_an_older_schedule_is_not_explained(worker: Worker) -> None:
    window = Window.uniform(START, SLOTS)
    rows = limits_of(np.ones((1, 1)), -50, 50, SLOTS)
    dispatcher = Dispatcher(LinearNetwork(rows), worker=worker)
    offers = offers_of(window, 1.0, (car(SLOTS, 2.0, 6),))
    old = dispatcher.plan(offers, prices(window, 0.1), START)
    dispatcher.plan(offers, prices(window, 0.1), START)
    with pytest.raises(NoPlan, match="newest"):
        dispatcher.explain(old, 1, 0)
