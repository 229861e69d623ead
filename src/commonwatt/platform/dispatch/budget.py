"""How much work one plan may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["simplex", "fresh", "cold", "ipm"]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Bounds on work, so that a study is reproducible, and one on patience, so that nothing hangs.

    Attributes:
        iterations: solver iterations of all the solves of one plan together.
        rounds: re-solves after adding violated rows, per plan.
        tightenings: re-solves after the AC power flow disagreed.
        agree: share of a limit up to which the power flow may find it broken without a re-solve.
        direct: rows × slots up to which one linear programme decides; beyond, prices coordinate.
        gap: certified relative gap at which coordination by prices may stop.
        wall_s: seconds without an answer after which the child is held to hang and is killed.
        method: "simplex" re-plans from the last basis. "fresh" starts every plan from nothing and
            goes on from its own basis when rows come in: best where much has changed since the last
            slot (170 cars, 113 heat pumps: 0.2 s a plan against 0.4). "cold" solves every problem
            from nothing, with presolve: best for one-shot problems of a week of slots (60 cars × 7
            sessions, 100 heat pumps, 20 batteries × 672 slots: 12 to 26 CPU seconds a solve, 0.5
            GB). "ipm", the interior point method, took 40 to 60 there; it is for problems on which
            simplex stalls.
    """

    iterations: int = 200_000
    rounds: int = 12
    tightenings: int = 2
    agree: float = 1e-4
    direct: int = 100_000
    gap: float = 1e-3
    wall_s: float = 60.0
    method: Method = "simplex"
