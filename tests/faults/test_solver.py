"""The solver fails in a running district, each way for real: its slot is decided, and says why.

A failure is the child program itself: it is killed, never answers, has no memory left, or lies.
"""

from __future__ import annotations

import os
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import commonwatt.platform.dispatch as dispatching
from commonwatt.city.live.answers import answer
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform.dispatch.plan import MAX_AGE_S
from commonwatt.platform.dispatch.worker import PROGRAM

READ = system("test", Purpose.OPERATE)
HERE = Path(dispatching.__file__).parent
FAULTS = {
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "the solver died while solving"),
    "hung": ("time.sleep(600)", "the solver hung: no answer within 2 s, so it was killed"),
    "out of memory": ("pipe.send(starved(problem))", "the solver died while solving"),
    "too cheap": (
        "pipe.send(solved(problem) | {'objective': -1e6})",
        "the solver's answer is wrong: it does not cost what it says",
    ),
    "not the optimum": (
        "pipe.send(careless(problem))",
        "the solver's answer is wrong: its prices do not prove it optimal",
    ),
}


@pytest.fixture
def program(tmp_path):
    """Writes a child that meets every problem with `deed`."""

    def write(deed):
        path = tmp_path / "child.py"
        path.write_text(
            textwrap.dedent(f"""
            import os, resource, signal, sys, time
            from multiprocessing.connection import Connection
            sys.path.insert(0, {str(HERE)!r})
            from solve import solved

            def starved(problem):
                resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))
                hoard, size = [], 1 << 24
                while size > 512:
                    try:
                        hoard.append(bytearray(size))
                    except MemoryError:
                        size //= 2
                return solved(problem)

            def careless(problem):
                found = solved(problem | {{'cost': 0 * problem['cost']}})
                return found | {{'objective': float(problem['cost'] @ found['x'])}}

            pipe = Connection(int(sys.argv[1]))
            while True:
                problem = pipe.recv()
                {deed}
            """)
        )
        return path

    return write


@pytest.mark.parametrize("fault", FAULTS)
def test_the_last_plan_then_the_local_rule_then_a_plan_again(
    fault, begin, alive, program, tmp_path
):
    deed, cause = FAULTS[fault]
    state = begin(tmp_path / "s")
    start = state.setting().start
    old = start + MAX_AGE_S // SLOT_S * SLOT_S + SLOT_S
    with alive(state) as life:
        life.run(start)
        ours, search = life._strategy.dispatcher._worker, life._strategy.dispatcher._search
        search.budget = replace(search.budget, wall_s=2.0 if fault == "hung" else 30.0)
        assert life._strategy.schedule.status == "optimal"
        kept = life._strategy.schedule
        ours.program = program(deed)
        ours.close()
        life.run(start + SLOT_S)
        held = life._strategy.schedule
        assert held.status == "last", held.cause
        assert cause in held.cause
        assert "the last plan goes on" in held.cause
        both = np.intersect1d(held.asset, kept.asset)
        assert both.size > 5
        now = life.brain.devices.in_force(start + SLOT_S, READ)
        assert np.isfinite(now[0][both]).any(), "devices are told the plan that goes on"
        life.run(old)
        assert life._strategy.schedule.status == "local"
        assert "too old" in life._strategy.schedule.cause
        ours.program = PROGRAM
        ours.close()
        search.budget = replace(search.budget, wall_s=60.0)
        life.run(old + SLOT_S)
        assert life._strategy.schedule.status == "optimal"
        with life._database.read() as connection:
            said = [
                answer(connection, life.census, life.census.asset("battery/1"), when)
                for when in (start, start + SLOT_S, old, old + SLOT_S)
            ]
    assert [one.status for one in said] == ["optimal", "last", "local", "optimal"]
    assert said[1].sentence.startswith("goes on with the last plan: the solver")


def test_where_memory_runs_out_the_kernel_takes_the_solver_not_the_brain(begin, alive, tmp_path):
    state = begin(tmp_path / "s")
    with alive(state) as life:
        life.run(state.setting().start)
        child = life._strategy.dispatcher._worker.pid
        score = Path(f"/proc/{child}/oom_score_adj")
        if not score.is_file():
            pytest.skip("only Linux chooses whom to end")
        assert int(score.read_text()) == 1000
        assert int(Path(f"/proc/{os.getpid()}/oom_score_adj").read_text()) < 1000
