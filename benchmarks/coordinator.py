"""Price coordination from 100 to a million assets, and beside it other ways to the same plan.

    python benchmarks/coordinator.py            # time, memory and gap, and a page that plots them
    python benchmarks/coordinator.py --quick    # up to 1,000 assets, 20 s for each other way
    python benchmarks/coordinator.py --small    # against the convex bound and a MILP, several seeds
    python benchmarks/coordinator.py --tight 1.2 --sizes 5000  # ours alone, voltages tighter still

Every figure comes from a process of its own, which is killed when its time is over. Wall seconds
run from arrays to a plan, building included, imports and compiled code loaded before. FlexMeasures
knows neither voltages nor the day's peak: it gets the easier problem of `dispatch.py`, and no gap.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dispatch
import milp
import numpy as np
from curves import drawn
from town import SLOTS, Town, later, town

from commonwatt.platform.dispatch.coordinator import Effort, Start, Task

OURS = "commonwatt"
LATER = 4
LOOSE = {"solver": "ipm", "run_crossover": "off"}
Row = dict[str, Any]


def task(case: Town) -> Task:
    """The coordinator's task."""
    return Task.of(case.offers, case.limits, case.offers.fixed_kw, case.objective)


def effort(count: int) -> Effort:
    """Certified gaps to stop at: 0.01 % up to 1,000 assets, then 0.1 %, 0.2 % of a million."""
    return Effort(gap=1e-4 if count <= 1_000 else 1e-3 if count <= 300_000 else 2e-3)


def unruled(work: Task, cap_kw: float) -> Row:
    """Peak over the transformer's cap if all chase the energy price, or hurry: no coordination."""
    market = work.market
    hurry = np.broadcast_to(np.linspace(1e-4, 2e-4, SLOTS), market.loss.shape)
    prices = {"herding": market.price(market.no_duals()), "hurrying": hurry.copy()}
    return {
        name: (market.base_kw + work.shards[0].priced(price).power_kw.sum(axis=0)).max() / cap_kw
        for name, price in prices.items()
    }


def ours(count: int, tight: float = 1.0) -> Row:
    """Cold, and the slots that follow; voltages `tight` times as tight."""
    task(town(100)).solve()
    case = tightened(town(count), tight)
    wall, cpu = time.perf_counter(), time.process_time()
    work = task(case)
    outcome = work.solve(effort(count))
    row = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    sure, cap = outcome.certificate, case.limits.high[0, 0]
    breach, priced = np.abs(sure.breach), outcome.start.duals.limit != 0
    row |= unruled(work, cap) | {
        "cost_eur": sure.cost_eur, "lower_eur": sure.lower_eur, "mixed_gap": sure.gap,
        "rounds": sure.rounds, "columns": sure.columns, "cap_breach": breach[0].max() / cap,
        "voltage_breach_pu": breach[1:].max(), "cap_slots": priced[0].sum(),
        "voltage_rows": priced[1:].sum(),
    }  # fmt: skip
    if count <= 100_000:
        row |= warm(case, outcome.start, effort(count))
    return row


def warm(case: Town, start: Start, how: Effort) -> Row:
    """The slots that follow, each from the prices of the one before: median, worst, widest gap."""
    walls, cpus, gaps = [], [], []
    for _ in range(LATER):
        moved = later(case)
        start = start.onto(case.offers.window, moved.offers.window)
        wall, cpu = time.perf_counter(), time.process_time()
        again = task(moved).solve(how, start)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        gaps.append(again.certificate.whole_gap)
        case, start = moved, again.start
    return {
        "warm_wall_s": float(np.median(walls)), "warm_worst_s": max(walls),
        "warm_cpu_s": float(np.median(cpus)), "warm_gap": max(gaps),
    }  # fmt: skip


def tightened(case: Town, tight: float) -> Town:
    """The town with less room for its voltages."""
    room = np.concatenate([[1.0], np.full(len(case.limits.name) - 1, 1 / tight)])[:, None]
    limits = replace(case.limits, low=case.limits.low * room, high=case.limits.high * room)
    return replace(case, limits=limits)


def direct(case: Town, **how: object) -> milp.Found:
    """The independent programme of the whole town."""
    return milp.least(case.offers, case.limits, case.offers.fixed_kw, case.objective, **how)


def by_highs(count: int, **how: object) -> Row:
    """HiGHS on every row at once."""
    case = town(count)
    cpu = time.process_time()
    found = direct(case, **how)
    return {
        "wall_s": found.wall_s, "cpu_s": time.process_time() - cpu, "status": found.status,
        "cost_eur": found.cost_eur, "lower_eur": found.bound_eur,
    }  # fmt: skip


def by_cvxpy(count: int, solver: str) -> Row:
    """CVXPY, compiling included."""
    from cvx import relaxed  # noqa: PLC0415 - only here is the `bench` extra needed

    case = town(count)
    wall, cpu = time.perf_counter(), time.process_time()
    cost = relaxed(case, solver)
    return {
        "wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "cost_eur": cost
    }  # fmt: skip


def ways(limit_s: float) -> dict[str, Callable[[int], Row]]:
    """Ours and the others by name, each from a number of assets to its row."""
    return {
        OURS: ours,
        "HiGHS simplex": by_highs,
        "HiGHS interior point": lambda n: by_highs(n, **LOOSE),
        "HiGHS MILP": lambda n: by_highs(n, whole=True, time_limit=0.8 * limit_s),
        "CVXPY, HiGHS": lambda n: by_cvxpy(n, "HIGHS"),
        "CVXPY, Clarabel": lambda n: by_cvxpy(n, "CLARABEL"),
    }


FLEXMEASURES = "FlexMeasures (one cap)"


def measured(name: str, count: int, limit_s: float) -> Row:
    """One way at one size in a child; `failed` says why there are no figures."""
    me = [sys.executable, __file__, "--limit", str(limit_s), "--child", name, str(count)]
    peer = dispatch.peer_command(count, SLOTS, 1, "highspy")
    command = peer if name == FLEXMEASURES else me
    row: Row = {"name": name, "assets": count}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False,
            timeout=None if name == OURS else limit_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return row | {"failed": f"> {limit_s:g} s"}
    if done.returncode:
        return row | {"failed": (done.stderr.strip().splitlines() or ["ended without a word"])[-1]}
    row |= json.loads(done.stdout.splitlines()[-1])
    return row if np.isfinite(row.get("cost_eur", 0.0)) else {**row, "failed": row["status"]}


def with_gap(rows: list[Row]) -> list[Row]:
    """The rows of one size with what each plan costs above the best of their bounds."""
    best = max((row["lower_eur"] for row in rows if "lower_eur" in row), default=np.nan)
    return [
        row | {"gap": row["cost_eur"] / best - 1}
        if np.isfinite(row.get("cost_eur", np.inf))
        else row
        for row in rows
    ]


def told(row: Row) -> str:
    """A row for the terminal."""
    head = f"{row['assets']:>9,}  {row['name']:24}"
    if "failed" in row:
        return f"{head} {row['failed']}"
    known = ("name", "assets", "wall_s", "cpu_s", "memory_gb", "gap")
    rest = (
        f"{k} {v:.5g}" if isinstance(v, float) else f"{k} {v}"
        for k, v in row.items()
        if k not in known
    )
    gap = f"{row['gap']:8.1e}" if "gap" in row else " " * 8
    figures = (
        f"{row['wall_s']:9.2f} s {row['cpu_s']:9.2f} CPU s {row['memory_gb']:6.2f} GB  gap {gap}"
    )
    return f"{head} {figures}  {'  '.join(rest)}"


def against_n(sizes: list[int], limit_s: float) -> list[Row]:
    """Every way at every size, as far as it gets within its time."""
    rows: list[Row] = []
    names, over = [*ways(limit_s), FLEXMEASURES], set()
    try:
        dispatch.require_peer()
    except SystemExit as absent:
        print(absent)
        over.add(FLEXMEASURES)
    for count in sizes:
        some = with_gap([measured(n, count, limit_s) for n in names if n not in over])
        over |= {row["name"] for row in some if "failed" in row} - {OURS}
        print("\n".join(map(told, some)), flush=True)
        rows += some
    return rows


def judged(count: int, seed: int, limit_s: float) -> Row:
    """Ours beside the convex bound (simplex, starts mixed) and the best a MILP finds in time."""
    case = town(count, seed)
    convex = direct(case)
    whole = direct(case, whole=True, near=convex.plan, time_limit=limit_s)
    sure = task(case).solve(effort(count)).certificate
    cap, *volts = convex.binding
    row = {
        "assets": count, "seed": seed, "convex": convex.cost_eur, "milp": whole.cost_eur,
        "milp_gap": whole.cost_eur / max(whole.bound_eur, convex.bound_eur) - 1,
        "milp_s": whole.wall_s, "mixed": sure.mixed_eur / convex.cost_eur - 1,
        "rounded": sure.cost_eur / convex.cost_eur - 1,
        "rival": sure.cost_eur / whole.cost_eur - 1 if np.isfinite(whole.cost_eur) else np.nan,
        "cap": cap.sum(), "volts": np.sum(volts), "broken": len(sure.broken),
    }  # fmt: skip
    sound = sure.lower_eur <= convex.cost_eur * (1 + 1e-9)
    within = row["mixed"] <= 1e-4 and row["rounded"] <= 1e-3 and not row["rival"] > 1e-3
    held = "held" if np.isfinite(row["rival"]) else "held by the bound; the MILP found no plan"
    return row | {"verdict": held if sound and within else "MISSED"}


LINE = (
    "{assets:>6,} seed {seed}  convex {convex:.4f} €  MILP {milp:.4f} € ({milp_gap:.1e} above its"
    " bound, {milp_s:.0f} s)  mixed {mixed:+.1e}  rounded {rounded:+.1e}  over MILP {rival:+.1e}"
    "  binding: transformer in {cap} slots, {volts} voltages  broken {broken}  {verdict}"
)


def small(sizes: list[int], seeds: int, limit_s: float) -> None:
    """The verdicts: 1e-4 before rounding and 1e-3 after it, wires binding in half the cases."""
    print(
        "our plan over the convex bound (before and after rounding starts) and over a MILP's best"
    )
    rows = []
    for count in sizes:
        for seed in range(seeds):
            rows.append(judged(count, seed, limit_s))
            print(LINE.format(**rows[-1]), flush=True)
    held = sum(row["verdict"] != "MISSED" for row in rows)
    bind = sum(bool(row["cap"] + row["volts"]) for row in rows)
    print(f"{held} of {len(rows)} held; wires bind in {bind}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="up to 1,000 assets, 20 s each")
    parser.add_argument("--small", action="store_true", help="against the convex bound and a MILP")
    parser.add_argument("--sizes", type=int, nargs="+", help="these numbers of assets")
    parser.add_argument("--seeds", type=int, default=4, help="of every size, with --small")
    parser.add_argument("--limit", type=float, help="seconds that every other way gets")
    parser.add_argument("--tight", type=float, help="ours alone, with so much less voltage room")
    parser.add_argument("--page", type=Path, default=Path("out/coordinator.html"))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    limit_s = args.limit or (20.0 if args.quick else 120.0)
    if args.child:
        name, count = args.child
        row = ways(limit_s)[name](int(count))
        row["memory_gb"] = dispatch.peak_gb()
        print(json.dumps(row, default=float))
    elif args.tight:
        for count in args.sizes or [1_000, 5_000]:
            row = ours(count, args.tight) | {"memory_gb": dispatch.peak_gb()}
            print(json.dumps({"assets": count, "tight": args.tight} | row, default=float))
    elif args.small:
        small(args.sizes or [100, 1_000], args.seeds, limit_s)
    else:
        most = 1_000 if args.quick else 1_000_000
        sizes = args.sizes or [n for n in (100, 1_000, 10_000, 100_000, 1_000_000) if n <= most]
        drawn(against_n(sizes, limit_s), args.page)
        print(f"plots: {args.page}")


if __name__ == "__main__":
    main()
