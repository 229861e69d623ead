"""One HiGHS call on raw arrays; run as a program, a child process that solves what it is sent.

This file is started by its path, so that the child imports numpy and highspy and nothing of
commonwatt. Problems and answers are plain dicts of arrays. Each call makes its own `Highs`: an
answer depends on what was sent and on nothing that went before. HiGHS has one scheduler per
process, so `threads` is 1 everywhere, always.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import highspy
import numpy as np

_PR_SET_PDEATHSIG = 1
_OOM_SCORE = "/proc/self/oom_score_adj"
_FEASIBLE = 2
_WARM = ("primal", "dual")
_WARM_LEAST = 1000
_ALWAYS: dict[str, Any] = {"output_flag": False, "threads": 1}
_METHODS: dict[str, dict[str, Any]] = {
    "cold": {},
    "primal": {"simplex_strategy": 4, "primal_simplex_bound_perturbation_multiplier": 0.0},
    "dual": {"simplex_dual_edge_weight_strategy": 1},
    "ipm": {"solver": "ipm"},
}
"""Measured on 110 homes × 40 slots, CPU seconds a re-plan: primal 0.2, dual with Devex 0.5, dual
with steepest edge 3 (its weights must be computed afresh for a basis from outside), cold 0.8."""
_STATUSES = [
    highspy.HighsBasisStatus.kLower,
    highspy.HighsBasisStatus.kBasic,
    highspy.HighsBasisStatus.kUpper,
    highspy.HighsBasisStatus.kZero,
    highspy.HighsBasisStatus.kNonbasic,
]


def solved(problem: dict[str, Any]) -> dict[str, Any]:
    """Solve one linear programme.

    Args:
        problem: `cost, col_low, col_high` (n,), `row_low, row_high` (m,), the matrix by columns
            `start` (n+1,), `index`, `value`; `iterations` allowed; `method` "cold" (presolve and
            dual simplex), "primal" or "dual" (simplex from `col_basis`, `row_basis`, int8 HiGHS
            basis statuses; cold if that leads astray), or "ipm".

    Returns:
        `status`: "optimal", "iterations" (over budget) or HiGHS's own word, and `iterations` used;
        when optimal also `x` (n,), `dual` (m,), `objective`, `col_basis`, `row_basis`.
    """
    method, allowed = problem["method"], problem["iterations"]
    if method not in _WARM:
        return _attempt(problem, method, allowed)
    warm = _attempt(problem, method, min(allowed, max(_WARM_LEAST, problem["cost"].size // 20)))
    if warm["status"] == "optimal":
        return warm
    cold = _attempt(problem, "cold", allowed - warm["iterations"])
    return cold | {"iterations": cold["iterations"] + warm["iterations"]}


def _attempt(problem: dict[str, Any], method: str, allowed: int) -> dict[str, Any]:
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    limits = {"simplex_iteration_limit": allowed, "ipm_iteration_limit": allowed}
    for option, value in {**_ALWAYS, **_METHODS[method], **limits}.items():
        highs.setOptionValue(option, value)
    if highs.passModel(_model(problem)) == highspy.HighsStatus.kError:
        return {"status": "refused by HiGHS", "iterations": 0}
    if method in _WARM:
        highs.setBasis(_basis(problem))
    highs.run()
    return _answer(highs)


def _model(problem: dict[str, Any]) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = problem["cost"].size, problem["row_low"].size
    lp.col_cost_ = problem["cost"]
    lp.col_lower_, lp.col_upper_ = problem["col_low"], problem["col_high"]
    lp.row_lower_, lp.row_upper_ = problem["row_low"], problem["row_high"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = problem["start"]
    lp.a_matrix_.index_ = problem["index"]
    lp.a_matrix_.value_ = problem["value"]
    return lp


def _basis(problem: dict[str, Any]) -> highspy.HighsBasis:
    basis = highspy.HighsBasis()
    basis.col_status = [_STATUSES[i] for i in problem["col_basis"].tolist()]
    basis.row_status = [_STATUSES[i] for i in problem["row_basis"].tolist()]
    basis.alien = True
    basis.valid = True
    return basis


def _answer(highs: highspy.Highs) -> dict[str, Any]:
    info, status = highs.getInfo(), highs.getModelStatus()
    used = max(0, info.simplex_iteration_count) + max(0, info.ipm_iteration_count)
    if status == highspy.HighsModelStatus.kIterationLimit:
        return {"status": "iterations", "iterations": used}
    if status != highspy.HighsModelStatus.kOptimal or info.primal_solution_status != _FEASIBLE:
        return {"status": highs.modelStatusToString(status).lower(), "iterations": used}
    solution, basis = highs.getSolution(), highs.getBasis()
    codes = {known: code for code, known in enumerate(_STATUSES)}
    has = basis.valid
    return {
        "status": "optimal",
        "x": np.array(solution.col_value),
        "dual": np.array(solution.row_dual),
        "objective": float(info.objective_function_value),
        "col_basis": np.array([codes[s] for s in basis.col_status], np.int8) if has else None,
        "row_basis": np.array([codes[s] for s in basis.row_status], np.int8) if has else None,
        "iterations": used,
    }


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent goes; elsewhere the closed pipe ends it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _die_first() -> None:
    """Where memory runs out, ask Linux to take this process: its parent goes on without a plan."""
    with contextlib.suppress(OSError), open(_OOM_SCORE, "w", encoding="ascii") as score:  # noqa: PTH123 - starts without pathlib
        score.write("1000")


def main(handle: int, answer: Callable[[Any], dict[str, Any]]) -> None:
    """Answer every problem that comes through the socket `handle` until its other end closes."""
    _die_with_parent()
    _die_first()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(handle) as pipe, contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(answer(pipe.recv()))


if __name__ == "__main__":
    main(int(sys.argv[1]), solved)
