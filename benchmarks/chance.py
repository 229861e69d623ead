"""What a chosen probability costs and how often it holds: the same days at several of them.

    python benchmarks/chance.py --case sun            # three days in June, three kinds of luck
    python benchmarks/chance.py --case demand         # likewise in December
    python benchmarks/chance.py --case sun --quick    # two days, once

Ours are closed loops: with the case's fixed margin (what studies do unless told otherwise), without
any, and with limits tightened for a probability, from the record of past errors or from bands. The
peer is the bound, perfect foresight. `held` is measured as lived, by AC power flow every quarter
hour: of the slots in which the newest plan leaned on a transformer or line in its first slot, the
share in which that one stayed within its rating (and a tenth of a percent, as plans allow). No
plan leans on every limit, so all slots and limits together hold far more often. `foreseen` says how
often the margin itself was enough: of all quarter hours, the share in which the city drew no more
than planned for it and what was kept free at the transformer for its error. Each figure is a mean
over seeds, the range behind it. `ratio` is cost, breaches included, over the bound's; where costs
are below zero, they are earnings, and 1 is the most.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
from coordination import CASES
from margins import measures, midnight
from scipy.sparse import csr_array

from commonwatt.city.confidence import Dispatch
from commonwatt.city.doubt import doubt
from commonwatt.city.live.outlook import power_by_connection
from commonwatt.city.strategy import Coordinated
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Limits, Offers, Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import View
from commonwatt.platform.dispatch.chance import margins
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.study import play as runs
from commonwatt.study.play import Scene, lead
from commonwatt.study.seeds import commit, derived

DAYS = {"sun": "2016-06-17", "demand": "2016-12-08"}
"""None of these is in a week that `coordination.py` reports."""
CHOICES: dict[str, tuple[str, Dispatch]] = {
    "fixed margin": ("coordinated", Dispatch()),
    "no margin": ("no margin", Dispatch()),
    "80 %": ("coordinated", Dispatch(confidence=0.8)),
    "95 %": ("coordinated", Dispatch(confidence=0.95)),
    "99 %": ("coordinated", Dispatch(confidence=0.99)),
    "95 % by bands": ("coordinated", Dispatch(confidence=0.95, errors="bands")),
    "bound": ("bound", Dispatch()),
}
_AGREE = 1e-3


def lived(case: str, seed: int, days: int) -> list[dict[str, Any]]:
    """One row per choice, all from the same past on the same luck."""
    start = midnight(CASES[case].city(), DAYS[case])
    past = pickle.dumps(lead(CASES[case].city(), start, seed))
    rows = []
    for name, (run, asked) in CHOICES.items():
        began = time.perf_counter()
        world = pickle.loads(past)  # noqa: S301 - our own bytes
        world.city = replace(world.city, dispatch=asked)
        scene = Scene(start=start, days=days, run=run, seed=seed, margin=CASES[case].margin)
        of, (held, leant), foreseen = _played(scene, world)
        rows.append(
            {
                "case": case,
                "choice": name,
                "seed": seed,
                "overload_kvah": of["overload_energy"],
                "overload_h": of["overload_hours"],
                "curtailed_kwh": of["curtailment"],
                "bare_eur": of["system_cost_without_breaches"],
                "cost_eur": of["system_cost"],
                "held": held,
                "leant": leant,
                "foreseen": foreseen,
                "wall_s": time.perf_counter() - began,
            }
        )
        print(f"{case} seed {seed} {name}: {rows[-1]}", file=sys.stderr, flush=True)
    return rows


def _played(scene: Scene, world: Any) -> tuple[dict[str, float], tuple[int, int], float]:
    """Measures, in how many of the slots that the plan leant on a branch in it held, `foreseen`."""
    leant: list[tuple[int, str]] = []
    most: dict[int, float] = {}
    loading: list[Any] = []

    def decide(self: Coordinated, view: View) -> Commands:
        told = decided(self, view)
        plan = self.schedule
        found = None if plan is None else self.dispatcher.certificate(plan)
        binding = () if found is None else found.binding
        leant.extend((view.now, one.limit) for one in binding if one.since == view.now)
        if plan is not None and found is not None and world.city.dispatch.asked is not None:
            most[view.now] = _most(world.city.dispatch, view, plan, self.offers)
        return told

    def measured(truth: Any, lived_in: Any, window: Any) -> Any:
        branches = Feeder.of(lived_in.city).names
        loading.append(truth.history("branch.loading", np.arange(len(branches)), window))
        loading.append({name: k for k, name in enumerate(branches)})
        drawn = truth.history("meter.power_kw", np.arange(len(lived_in.city.connections)), window)
        loading.append(dict(zip(window.starts.tolist(), drawn.sum(axis=0).tolist(), strict=True)))
        return counted(truth, lived_in, window)

    decided, counted = Coordinated.decide, runs.measured
    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(Coordinated, "decide", decide))
        patches.enter_context(mock.patch.object(runs, "measured", measured))
        of = measures(runs.play(scene, world))
    seen, place, drawn = loading
    full = [
        seen[place[name], (when - scene.start) // 900]
        for when, name in leant
        if name in place and when >= scene.start
    ]
    enough = [drawn[when] <= kw + _AGREE for when, kw in most.items()]
    held = (int(np.sum(np.array(full) <= 1 + _AGREE)), len(full))
    return of, held, float(np.mean(enough)) if enough else float("nan")


def _most(asked: Dispatch, view: View, plan: Schedule, offers: list[Offers]) -> float:
    """What the city was planned to draw in the first slot and may err by, as its plan has it."""
    city = Offers.gathered(offers)
    first = Window.uniform(view.now, 1)
    net = (city.fixed_kw + power_by_connection(plan, city))[:, :1]
    rows = np.ones((1, len(net)))
    every = Limits(
        name=("all",),
        sens=csr_array(rows),
        low=np.full((1, 1), -np.inf),
        high=np.full((1, 1), np.inf),
        price=np.ones(1),
        loss=np.zeros_like(net),
        loss_kw=np.zeros(1),
    )
    off = doubt(asked, view, first)
    assert off is not None  # noqa: S101 - a probability is asked for
    return float(net.sum() + margins(every, off, asked.confidence)[0][0, 0])


def pooled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per choice: means over seeds, with the least and the most."""
    table = []
    for name in CHOICES:
        mine = [row for row in rows if row["choice"] == name]
        leant = sum(row["leant"] for row in mine)
        one: dict[str, Any] = {"choice": name, "leant": leant}
        one["held"] = sum(row["held"] for row in mine) / leant if leant else float("nan")
        one["foreseen"] = float(np.mean([row["foreseen"] for row in mine]))
        for key in ("overload_kvah", "overload_h", "curtailed_kwh", "bare_eur", "cost_eur"):
            values = [row[key] for row in mine]
            one[key] = float(np.mean(values))
            one[f"{key}_range"] = [min(values), max(values)]
        table.append(one)
    bound = table[-1]["cost_eur"]
    return [row | {"ratio": row["cost_eur"] / bound} for row in table]


def words(case: str, days: int, seeds: tuple[int, ...], table: list[dict[str, Any]]) -> str:
    """The table as people read it."""
    lines = [
        f"case {case}, {days} days from {DAYS[case]}, seeds {list(seeds)}",
        (
            f"{'choice':15s}{'held':>8s}{'of':>6s}{'foreseen':>10s}{'overload kVAh':>24s}"
            f"{'hours':>7s}{'curtailed kWh':>15s}{'cost €':>10s}{'with breaches €':>28s}"
            f"{'ratio':>7s}"
        ),
    ]
    for row in table:
        over, cost = (row[f"{key}_range"] for key in ("overload_kvah", "cost_eur"))
        lines.append(
            f"{row['choice']:15s}{row['held']:8.1%}{row['leant']:6d}{row['foreseen']:10.1%}"
            f"{row['overload_kvah']:10.2f} ({over[0]:.2f}–{over[1]:.2f})".ljust(63)
            + f"{row['overload_h']:7.2f}{row['curtailed_kwh']:15.1f}{row['bare_eur']:10.2f}"
            f"{row['cost_eur']:12.2f} ({cost[0]:.2f}–{cost[1]:.2f})".ljust(50)
            + f"{row['ratio']:7.3f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Live the days and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, default="sun")
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--luck", metavar="COMMIT", help="full commit id to derive seeds from")
    parser.add_argument("--quick", action="store_true", help="two days, once, some minutes")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    days, count = (2, 1) if given.quick else (given.days, given.seeds)
    seeds = derived(count, given.luck or commit())
    with ProcessPoolExecutor(given.jobs) as pool:
        found = list(pool.map(lived, [given.case] * count, seeds, [days] * count))
    rows = [row for some in found for row in some]
    table = pooled(rows)
    print(json.dumps({"rows": rows, "table": table}, indent=1) if given.json
          else words(given.case, days, tuple(seeds), table))  # fmt: skip


if __name__ == "__main__":
    main()
