"""The dispatcher where prices coordinate: same plans, checked answers, the same fallbacks."""

from __future__ import annotations

import os
import signal
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commonwatt.kernel.flexibility import Modes, Offers, Profile, Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Budget, Dispatcher, Objective, Worker
from commonwatt.platform.dispatch.coordination import PROGRAM
from commonwatt.platform.dispatch.coordinator import Task
from commonwatt.platform.dispatch.coordinator.blocks import taken
from tests.platform.dispatch.towns import (
    START,
    LinearNetwork,
    Town,
    limits_of,
    offers_of,
    roof,
    town,
)
from tests.platform.dispatch.towns import prices as system_prices

SLOTS = 8
NONE = np.zeros(1, dtype=np.int64)


@pytest.fixture(scope="module")
def child() -> Iterator[Worker]:
    worker = Worker(PROGRAM)
    yield worker
    worker.close()


def by_prices(network: LinearNetwork, child: Worker, **how: object) -> Dispatcher:
    budget = Budget(direct=0, gap=1e-5, **how.pop("budget", {}))  # type: ignore[arg-type]
    dispatcher = Dispatcher(network, budget, **how)  # type: ignore[arg-type]
    dispatcher._coordination._worker = child
    return dispatcher


def washing(asset: int = 77, earliest: int = 0, latest: int = 5) -> Profile:
    return Profile(
        asset=np.array([asset]), connection=NONE, shape_kw=np.array([[2.0, 1.0, 0.5]]),
        earliest=NONE + earliest, latest=NONE + latest, skip_price=np.full(1, np.inf),
    )  # fmt: skip


def pump(asset: int = 78) -> Modes:
    """Off or 3 kW; it must run for an hour once it does, and running is worth 5 ct an hour."""
    return Modes(
        asset=np.array([asset]), connection=NONE, power_kw=np.array([[0.0, 3.0]]),
        run_price=np.array([[0.0, -0.5]]), switch_price=np.array([[[0.0, 0.02], [0.02, 0.0]]]),
        dwell=np.array([[1, 4]]), start_mode=NONE, start_dwell=NONE,
    )  # fmt: skip


def mixed(price: np.ndarray, **more: object) -> tuple[Offers, Objective]:
    window = Window.uniform(START, SLOTS)
    offers = replace(offers_of(window, 1.0, (), (roof(SLOTS, 2.0),)), **more)
    return offers, system_prices(window, price)


def busy() -> Town:
    return town(4, 4, graded=False, tight=0.6, cheap=False)


def plate(high: float = 50.0, worse: float = 0.0) -> LinearNetwork:
    return LinearNetwork(limits_of(np.ones((1, 1)), -high, high, SLOTS), worse=worse)


@pytest.mark.parametrize("seed", range(8))
def test_prices_find_the_plan_that_one_programme_finds(
    seed: int, worker: Worker, child: Worker
) -> None:
    case = town(seed, 4, seed % 2 == 1, 0.7, False)
    aim = replace(case.objective, loss_price=0.05)
    network = LinearNetwork(case.limits)
    one = Dispatcher(network, worker=worker).plan(case.offers, aim, START)
    plans = by_prices(network, child)
    many = plans.plan(case.offers, aim, START)
    assert (one.status, many.status) == ("optimal", "optimal"), (one.cause, many.cause)
    sure = plans.certificate(many)
    assert sure is not None
    size = 1 + abs(one.cost_eur)
    assert many.cost_eur >= one.cost_eur - 1e-5 * size or sure.closures, "cheaper than the optimum"
    assert many.cost_eur <= one.cost_eur + (sure.gap + 1e-5) * size
    assert many.asset.tolist() == one.asset.tolist()


def test_what_runs_whole_is_planned_whole_and_says_why(child: Worker) -> None:
    price = np.array([0.3, 0.3, 0.1, 0.1, 0.1, 0.12, 0.3, 0.3])
    offers, objective = mixed(price, profile=(washing(),), modes=(pump(),))
    plans = by_prices(plate(), child)
    made = plans.plan(offers, objective, START)
    assert made.status == "optimal", made.cause
    cycle, pumping = made.power_of(np.array([77, 78]))
    assert cycle == pytest.approx([0, 0, 2, 1, 0.5, 0, 0, 0])
    assert set(np.round(pumping, 9)) <= {0.0, 3.0}
    assert plans.explain(made, 77, 0).startswith("waits until")
    assert "as a whole" in plans.explain(made, 77, 2)


def test_power_flow_has_the_last_word_here_too(child: Worker) -> None:
    case = busy()
    plans = by_prices(LinearNetwork(case.limits, worse=0.2), child)
    plans.plan(case.offers, case.objective, START)
    assert plans.work.tightenings > 0


def test_the_next_plan_begins_where_the_last_one_ended(child: Worker) -> None:
    case = busy()
    plans = by_prices(LinearNetwork(case.limits), child)
    first = plans.plan(case.offers, case.objective, START)
    rounds = plans.work.iterations
    memory = plans.memory
    other = by_prices(LinearNetwork(case.limits), child)
    other.memory = replace(memory, made=None)
    again = other.plan(case.offers, case.objective, START)
    assert again.cost_eur == pytest.approx(first.cost_eur, rel=1e-4, abs=1e-4)
    assert other.work.iterations <= rounds


def test_a_search_goes_on_where_a_place_has_emptied(child: Worker) -> None:
    case = busy()
    plans = by_prices(LinearNetwork(case.limits), child)
    plans.plan(case.offers, case.objective, START)
    fewer = tuple(taken(rows, np.flatnonzero(rows.connection > 0)) for rows in case.offers.storage)
    made = plans.plan(replace(case.offers, storage=fewer), case.objective, START)
    assert made.status == "optimal", made.cause


def test_fuses_that_cannot_blow_make_no_place_of_their_own() -> None:
    window = Window.uniform(START, SLOTS)
    offers = offers_of(window, 1.0, (), tuple(roof(SLOTS, 2.0, c, c) for c in range(3)), 3)
    rows = np.vstack([np.ones((1, 3)), np.eye(3)])
    wires = limits_of(rows, -3.0, 3.0, SLOTS)
    wires.high[2], wires.low[2] = 0.5, -0.5
    market = Task.of(offers, wires, offers.fixed_kw, system_prices(window, 0.1)).market
    assert market.row.tolist() == [2]
    assert market.place.tolist() in ([0, 1, 0], [1, 0, 1]), "connection 1 stands alone"


def a_plan(plans: Dispatcher, start: int = START) -> Schedule:
    case = busy()
    window = Window.uniform(start, len(case.offers.window))
    return plans.plan(replace(case.offers, window=window), case.objective, start)


def test_a_child_killed_in_mid_search_costs_one_plan() -> None:
    own = Worker(PROGRAM)
    plans = by_prices(LinearNetwork(busy().limits), own)
    assert a_plan(plans).status == "optimal"
    pid = own.pid
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    second = a_plan(plans, START + 900)
    assert (second.status, "died" in second.cause) == ("last", True), second.cause
    assert a_plan(plans, START + 1800).status == "optimal"
    plans.close()


def test_a_child_that_hangs_is_killed() -> None:
    own = Worker(PROGRAM)
    plans = by_prices(LinearNetwork(busy().limits), own)
    assert a_plan(plans).status == "optimal"
    plans._coordination._budget = Budget(direct=0, wall_s=0.3)
    os.kill(own.pid, signal.SIGSTOP)
    second = a_plan(plans, START + 900)
    assert (second.status, "hung" in second.cause) == ("last", True), second.cause
    plans.close()


def liar(tmp_path: Path, spoil: str) -> Worker:
    """A child that coordinates and then does `spoil` to its answer."""
    program = tmp_path / "liar.py"
    program.write_text(
        textwrap.dedent(f"""
        import sys
        from commonwatt.platform.dispatch.coordinate import coordinated
        from commonwatt.platform.dispatch.solve import main
        def lied(message):
            answer = coordinated(message)
            {spoil}
            return answer
        main(int(sys.argv[1]), lied)
        """)
    )
    return Worker(program)


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        ("answer['powers'][0][:] += 1e3", "did not offer"),
        ("answer['powers'][0][0, 0] = float('nan')", "not a power per row"),
        ("answer['powers'][0] = answer['powers'][0][:, 1:]", "not a power per row"),
        ("object.__setattr__(answer['certificate'], 'cost_eur', -1e6)", "cost what it says"),
        ("answer['certificate'].__dict__['cost_eur'] *= 1 - 1e-4", "cost what it says"),
        ("answer.update(status='lost in thought')", "lost in thought"),
    ],
)
def test_wrong_answers_are_found_out(tmp_path: Path, spoil: str, cause: str) -> None:
    own = liar(tmp_path, spoil)
    made = a_plan(by_prices(LinearNetwork(busy().limits), own))
    own.close()
    assert made.status == "local"
    assert cause in made.cause


def test_even_of_modes_no_cost_below_the_bound_is_believed(tmp_path: Path) -> None:
    own = liar(tmp_path, "answer['certificate'].__dict__['cost_eur'] -= 100")
    offers, objective = mixed(np.full(SLOTS, 0.2), modes=(pump(),))
    made = by_prices(plate(), own).plan(offers, objective, START)
    own.close()
    assert "its own prices allow" in made.cause
