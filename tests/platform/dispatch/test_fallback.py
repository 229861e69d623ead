"""Every way a solve can fail, done for real: the plan goes on, or nobody plans, and it says why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.flexibility import Limits, Offers, Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Budget, Dispatcher, Objective, Worker
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


def plate(slots: int = SLOTS) -> LinearNetwork:
    return LinearNetwork(limits_of(np.ones((1, 1)), -50.0, 50.0, slots))


def case(start: int = START, **changes: object) -> tuple[Offers, Objective]:
    window = Window.uniform(start, SLOTS)
    stores = (battery(SLOTS, **changes), car(SLOTS, 8.0, 6))
    offers = offers_of(window, 1.0, stores, (roof(SLOTS, 2.0),))
    return offers, prices(window, np.linspace(0.3, 0.1, SLOTS))


def planned(dispatcher: Dispatcher, start: int = START, **changes: object) -> Schedule:
    offers, objective = case(start, **changes)
    return dispatcher.plan(offers, objective, start)


def own(program: Path | None = None, network: LinearNetwork | None = None, **budget) -> Dispatcher:
    worker = Worker() if program is None else Worker(program)
    return Dispatcher(network or plate(), Budget(**budget), worker=worker)


def strange(tmp_path: Path, answer: str) -> Path:
    """A child that answers `answer`, an expression over `problem`."""
    program = tmp_path / "strange.py"
    program.write_text(
        textwrap.dedent(f"""
        import sys, time, os
        import numpy as np
        from multiprocessing.connection import Connection
        sys.path.insert(0, {str(Path(__file__).parents[3] / "src/commonwatt/platform/dispatch")!r})
        from solve import solved
        pipe = Connection(int(sys.argv[1]))
        while True:
            problem = pipe.recv()
            pipe.send({answer})
        """)
    )
    return program


def require_local(schedule: Schedule, cause: str) -> None:
    assert schedule.status == "local"
    assert schedule.asset.size == 0
    assert schedule.power_kw.shape == (0, SLOTS)
    assert np.isnan(schedule.power_of(np.array([0, 1]))).all()
    assert cause in schedule.cause


def require_last(schedule: Schedule, cause: str) -> None:
    assert schedule.status == "last"
    assert schedule.asset.tolist() == [0, 1, 2]
    assert cause in schedule.cause


def pause(worker: Worker) -> int:
    pid = worker.pid
    os.kill(pid, signal.SIGSTOP)
    return pid


def gone(pid: int) -> bool:
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_child_killed_in_mid_solve_is_replaced() -> None:
    dispatcher = own()
    worker = dispatcher._worker
    first = planned(dispatcher)
    assert first.status == "optimal"
    pid = pause(worker)
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    second = planned(dispatcher, START + 900)
    require_last(second, "died")
    assert np.allclose(second.power_kw[:, :-1], first.power_kw[:, 1:], atol=1e-6)
    third = planned(dispatcher, START + 1800)
    assert third.status == "optimal"
    assert worker.pid != pid
    dispatcher.close()


def test_a_child_that_hangs_is_killed_and_replaced() -> None:
    dispatcher = own(wall_s=0.3)
    pid = pause(dispatcher._worker)
    require_local(planned(dispatcher), "hung")
    assert gone(pid)
    dispatcher._search.budget = Budget()
    assert planned(dispatcher).status == "optimal"
    dispatcher.close()


def test_a_child_that_died_between_plans_costs_nothing() -> None:
    dispatcher = own()
    planned(dispatcher)
    os.kill(dispatcher._worker.pid, signal.SIGKILL)
    dispatcher._worker._child.process.wait(10)
    assert planned(dispatcher, START + 900).status == "optimal"
    dispatcher.close()


def test_one_iteration_is_no_budget(worker: Worker) -> None:
    dispatcher = Dispatcher(plate(), Budget(iterations=1), worker=worker)
    require_local(planned(dispatcher), "budget of 1 iterations")


def test_over_budget_goes_on_with_the_last_plan(worker: Worker) -> None:
    dispatcher = Dispatcher(plate(), worker=worker)
    first = planned(dispatcher)
    dispatcher._search.budget = Budget(iterations=0)
    dispatcher._search._basis = None
    second = planned(dispatcher, START + 900, start_kwh=1.0)
    require_last(second, "budget")
    assert (second.level_kwh[0] >= -1e-9).all(), "an empty battery cannot follow the last plan"
    assert not np.allclose(second.power_kw[0, :-1], first.power_kw[0, 1:])


def test_a_plan_too_old_is_not_followed(worker: Worker) -> None:
    dispatcher = Dispatcher(plate(), worker=worker)
    planned(dispatcher)
    dispatcher._search.budget = Budget(iterations=0)
    dispatcher._search._basis = None
    require_last(planned(dispatcher, START + 3600), "goes on")
    require_local(planned(dispatcher, START + 4500), "too old")


@pytest.mark.parametrize("field", ["draw_kw", "start_kwh", "use_kwh", "eta_in"])
def test_nan_offers_name_the_asset_and_the_field(worker: Worker, field: str) -> None:
    dispatcher = Dispatcher(plate(), worker=worker)
    require_local(planned(dispatcher, **{field: np.nan}), f"{field} of 0")


def test_nan_offers_leave_the_others_on_the_last_plan(worker: Worker) -> None:
    dispatcher = Dispatcher(plate(), worker=worker)
    planned(dispatcher)
    later = planned(dispatcher, START + 900, start_kwh=np.nan)
    assert later.status == "last"
    assert later.asset.tolist() == [1, 2], "who offers nonsense follows its own rule"


@pytest.mark.parametrize("name", ["fixed_kw", "fixed_kvar"])
def test_nan_load(worker: Worker, name: str) -> None:
    offers, objective = case()
    spoilt = replace(offers, **{name: np.full_like(offers.fixed_kw, np.nan)})
    require_local(Dispatcher(plate(), worker=worker).plan(spoilt, objective, START), name)


def test_nan_price(worker: Worker) -> None:
    offers, objective = case()
    spoilt = replace(objective, energy_price=np.full(SLOTS, np.nan))
    require_local(Dispatcher(plate(), worker=worker).plan(offers, spoilt, START), "energy_price")


def test_a_negative_peak_price_is_unbounded(worker: Worker) -> None:
    offers, objective = case()
    endless = replace(objective, peak_price_eur_per_kw_day=-1.0)
    require_local(Dispatcher(plate(), worker=worker).plan(offers, endless, START), "no optimum")


def test_an_envelope_without_room_is_infeasible(worker: Worker) -> None:
    offers, objective = case()
    band = replace(offers.envelope[0], high_kw=np.full((1, SLOTS), -9.0))
    empty = replace(offers, envelope=(band,))
    require_local(Dispatcher(plate(), worker=worker).plan(empty, objective, START), "infeasible")


def test_a_network_that_cannot_answer(worker: Worker) -> None:
    class Broken(LinearNetwork):
        def limits(self, *_: object) -> Limits:
            msg = "the power flow did not converge"
            raise NoPlan(msg)

    dispatcher = Dispatcher(Broken(plate().given), worker=worker)
    require_local(planned(dispatcher), "did not converge")


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("42", "nonsense"),
        ("{'status': 'optimal'}", "not a list of as many numbers"),
        ("solved(problem) | {'x': np.full(3, 0.0)}", "not a list of as many numbers"),
        ("solved(problem) | {'x': solved(problem)['x'] * np.nan}", "not a list"),
        ("solved(problem) | {'x': solved(problem)['x'] + 1}", "is wrong"),
        ("solved(problem) | {'x': 0 * solved(problem)['x']}", "is wrong"),
        ("solved(problem) | {'objective': 7.0}", "does not cost what it says"),
        ("solved(problem) | {'dual': 0 * solved(problem)['dual']}", "prove it optimal"),
        ("solved(problem | {'cost': 0 * problem['cost']})", "is wrong"),
        ("solved(problem) | {'status': 'fine'}", "no optimum: fine"),
        ("os._exit(1)", "died"),
    ],
)  # fmt: skip
def test_wrong_answers_are_found_out(tmp_path: Path, answer: str, cause: str) -> None:
    dispatcher = own(strange(tmp_path, answer), wall_s=20.0)
    require_local(planned(dispatcher), cause)
    dispatcher.close()


def test_an_honest_stranger_is_believed(tmp_path: Path, worker: Worker) -> None:
    dispatcher = own(strange(tmp_path, "solved(problem)"))
    mine = planned(Dispatcher(plate(), worker=worker))
    assert planned(dispatcher).cost_eur == pytest.approx(mine.cost_eur)
    dispatcher.close()


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, signal\n"
        "import numpy as np\n"
        "from commonwatt.platform.dispatch import Worker\n"
        "w = Worker()\n"
        "one, count = np.ones(1), np.array([0, 1], np.int32)\n"
        "w.solve(dict(cost=one, col_low=one, col_high=one, row_low=one, row_high=one,\n"
        "  start=count, index=count[:1], value=one, method='cold', iterations=9), 60)\n"
        "print(w.pid, flush=True)\n"
        "os.kill(w.pid, signal.SIGSTOP)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == -signal.SIGKILL
    assert gone(int(done.stdout))


def _cost_of(start: int) -> float:
    dispatcher = Dispatcher(plate())
    cost = planned(dispatcher, start).cost_eur
    dispatcher.close()
    return cost


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_works_inside_a_process_pool(method: str) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context(method)) as pool:
        costs = list(pool.map(_cost_of, [START, START]))
    assert costs[0] == costs[1]


def test_a_forked_copy_makes_its_own_child() -> None:
    dispatcher = own()
    mine = planned(dispatcher)
    pid = dispatcher._worker.pid
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        good = dispatcher._worker.pid != pid and planned(dispatcher).status == "optimal"
        dispatcher.close()
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert dispatcher._worker.pid == pid
    assert planned(dispatcher).cost_eur == pytest.approx(mine.cost_eur)
    dispatcher.close()
