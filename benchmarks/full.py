"""The whole problem at once, through the dispatcher, on wires that an AC power flow judges.

    python benchmarks/full.py                 # 1,000 and 3,000 assets in a town, 40,000 in a city
    python benchmarks/full.py --sizes 10000   # any others
    python benchmarks/full.py --quick         # 300 assets

`estate.py` says what is planned for: all families with V2G, fuses, export limits and errors. Up to
20,000 assets the wires are those of a generated town, four assets a home; beyond, those of
SimBench's `MV-urban`, a connection for each low-voltage district.

Four plans of one day: from nothing; again from where that ended; with prices of curtailment raised
where the second one held roofs back most, which is what fairness costs; and as if there were no
errors. The second and the last are then lived as often as there are draws that no plan has seen.
There is no peer: FlexMeasures knows no voltages, and HiGHS has no whole modes at these sizes. The
bound proven in each plan stands in for one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from dispatch import peak_gb
from estate import NOON, Case, case
from town import HOURS, SLOTS, prices

from commonwatt.city.fairness import Accounts, Burden, Fairness, eased, surcharge
from commonwatt.kernel.flexibility import Limits, Offers, Schedule, Violations
from commonwatt.kernel.intervals import DAY_S, Window
from commonwatt.kernel.ports import Plan, View
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch import Budget, Dispatcher
from commonwatt.platform.dispatch.certificate import sizes
from commonwatt.platform.dispatch.coordination import PROGRAM
from commonwatt.platform.dispatch.plan import Made
from commonwatt.platform.dispatch.wires import with_allowed, with_fuses
from commonwatt.platform.dispatch.worker import Worker
from commonwatt.sectors.grid.control import GridNetwork

CONFIDENCE, WEIGHT = 0.95, 4.0
KINDS = ("transformer", "line", "voltage", "fuse", "draw", "feed in")
_OVER, _OFF_PU, _BINDS = 1e-3, 1e-5, 1e-9
_AGREE = 1e-4
Row = dict[str, Any]


@dataclass
class Timed:
    """The city's wires, and how long they were asked for limits and for the AC verdict."""

    grid: GridNetwork
    limits_s: float = 0.0
    check_s: float = 0.0

    def limits(self, window: Window, kw: F, kvar: F) -> Limits:
        """As the grid's."""
        began = time.perf_counter()
        found = self.grid.limits(window, kw, kvar)
        self.limits_s += time.perf_counter() - began
        return found

    def check(self, window: Window, kw: F, kvar: F) -> Violations:
        """As the grid's."""
        began = time.perf_counter()
        found = self.grid.check(window, kw, kvar)
        self.check_s += time.perf_counter() - began
        return found


@dataclass
class Watched(Worker):
    """The child that coordinates, with what it answered and how long it took."""

    program: Path = PROGRAM
    answers: list[Row] = field(default_factory=list)
    wall_s: float = 0.0

    def __post_init__(self) -> None:
        """Begin as a worker does."""
        super().__init__(self.program)

    def solve(self, problem: Row, wall_s: float) -> Row:
        """As the worker's."""
        began = time.perf_counter()
        answer = super().solve(problem, wall_s)
        self.wall_s += time.perf_counter() - began
        self.answers.append(answer)
        return answer


class Bench:
    """A dispatcher for a case, and the figures of each of its plans."""

    def __init__(self, of: Case, patience_s: float) -> None:
        self.case, self.wires = of, Timed(GridNetwork(cast("Plan", of.city)))
        self.wires.limits(of.offers.window, of.offers.fixed_kw, of.offers.fixed_kvar)
        budget = Budget(wall_s=patience_s)
        self.plans = Dispatcher(self.wires, budget, fuse_kw=of.fuse_kw, confidence=CONFIDENCE)
        self.child = self.plans._coordination._worker = Watched()  # noqa: SLF001 - to look on

    @property
    def made(self) -> Made:
        """What the newest plan was made from."""
        return cast("Made", self.plans.memory.made)

    def plan(self, offers: Offers) -> tuple[Schedule, Row]:
        """A plan, and what is known of it."""
        self.wires.limits_s = self.wires.check_s = self.child.wall_s = 0.0
        self.child.answers.clear()
        began = time.perf_counter()
        schedule = self.plans.plan(offers, prices(), NOON)
        wall = time.perf_counter() - began
        if schedule.status != "optimal":
            sys.exit(f"no plan after {wall:.0f} s: {schedule.cause}")
        sure = [answer["certificate"] for answer in self.child.answers]
        row = {
            "wall_s": wall, "child_s": self.child.wall_s, "limits_s": self.wires.limits_s,
            "check_s": self.wires.check_s, "rounds": [one.rounds for one in sure],
            "columns": sure[-1].columns, "mixed_gap": sure[-1].gap,
            "whole_gap": sure[-1].whole_gap, "cost_eur": schedule.cost_eur,
            "tightenings": self.made.certificate.tightenings,
        }  # fmt: skip
        print(_words(row), file=sys.stderr, flush=True)
        return schedule, row

    def shape(self) -> Row:
        """How large the newest problem was to the coordinator."""
        start = self.child.answers[-1]["start"]
        kinds = [kind(self.made.limits.name[row]) for row in start.row]
        return {
            "assets": sum(
                len(rows)
                for family in ("storage", "envelope", "profile", "modes")
                for rows in getattr(self.case.offers, family)
            ),
            "connections": self.case.fuse_kw.size,
            "limits": len(self.made.limits.name),
            "places": int(start.place.max()) + 1,
            "can_break": {one: kinds.count(one) for one in KINDS},
        }

    def judged(self) -> Row:
        """The newest plan by AC power flow, by addition at its fuses, and on draws it never saw."""
        made, of, grid = self.made, self.case, self.wires.grid
        flow, bus = grid.feeder.flow(made.net_kw, of.offers.fixed_kvar), of.city.table("bus")
        low, high = bus.f("low_pu")[:, None], bus.f("high_pu")[:, None]
        off = np.nan_to_num(np.maximum(low - flow.volts_pu, flow.volts_pu - high))
        names = np.array([kind(made.limits.name[row]) for row in made.active])
        leant = (np.abs(made.row_price) > _BINDS) & self._full()[made.active]
        share = self._held()
        on = share[made.active][leant]
        return {
            "loading": flow.loading.max(),
            "slots_over": int((flow.loading > 1 + _OVER).any(axis=0).sum()),
            "off_pu": max(0.0, off.max()),
            "slots_off": int((off > _OFF_PU).any(axis=0).sum()),
            "fuses_broken": int((np.abs(made.net_kw) > of.fuse_kw[:, None] + 1e-6).any(1).sum()),
            "leant": {one: int(leant[names == one].sum()) for one in KINDS},
            "held_where_leant": on.mean() if on.size else np.nan,
            "held_everywhere": share.mean(),
        }

    def _full(self) -> B:
        """(R,T) limits, as they were planned with, that the plan uses up."""
        limits = self.made.limits
        value, tol = limits.sens @ self.made.net_kw, _OVER * sizes(limits)[:, None]
        used: B = (value >= limits.high - tol) | (value <= limits.low + tol)
        return used

    def _held(self) -> F:
        """(R,T) share of the fresh draws in which each limit holds as it is, by AC power flow."""
        net, of, grid = self.made.net_kw, self.case, self.wires.grid
        window, kvar = of.offers.window, of.offers.fixed_kvar
        wires = len(grid.names)
        rated = with_fuses(grid.limits(window, net, kvar), of.fuse_kw)
        if of.offers.allowed is not None:
            rated = with_allowed(rated, of.offers.allowed)
        size = np.maximum(np.abs(rated.high), np.abs(rated.low))[:wires]
        held = np.zeros(rated.low.shape)
        for error in of.fresh_kw:
            seen = np.abs(grid.check(window, net + error, kvar).excess)
            held[:wires] += seen <= _AGREE * size
            value = rated.sens[wires:] @ (net + error)
            held[wires:] += (value <= rated.high[wires:] + _OVER) & (
                value >= rated.low[wires:] - _OVER
            )
        return held / len(of.fresh_kw)


def kind(name: str) -> str:
    """Of a limit, from its name."""
    return next(known for known in KINDS if known in name)


@dataclass(frozen=True)
class Roofs:
    """The roofs as the accounts of fairness ask for them."""

    ix: I
    connection: I
    rated_kw: F

    def __len__(self) -> int:
        """Rows."""
        return self.ix.size

    def f(self, _field: str) -> F:
        """Their ratings."""
        return self.rated_kw


def roofs(of: Case) -> SimpleNamespace:
    """The case as a `Plan`, as far as fairness looks: its roofs, nothing that heats."""
    band = of.offers.envelope[0]
    rows = Roofs(band.asset, band.connection, of.rated_kw)
    return SimpleNamespace(
        table=lambda name: rows if name == "pv" else (),
        connections=of.city.connections,
        place=of.city.place,
    )


def burdens(of: Case, held_kw: F) -> dict[str, Burden]:
    """The city's own accounts, of a day on which roofs were held back by `held_kw` (N,T)."""

    def history(_quantity: str, _assets: I, window: Window) -> F:
        at = (window.starts - NOON) // 900
        return held_kw[:, np.clip(at, 0, SLOTS - 1)] * ((at >= 0) & (at < SLOTS))

    view = SimpleNamespace(now=NOON + DAY_S, plan=roofs(of), history=history)
    return Accounts(Fairness(weight=WEIGHT, days=2)).burdens(cast("View", view))


def held_back(of: Case, schedule: Schedule) -> F:
    """(N,T) kW by which the plan holds roofs back."""
    band = of.offers.envelope[0]
    return np.maximum(schedule.power_of(band.asset) - band.want_kw, 0.0)


def shared(of: Case, held_kw: F) -> Row:
    """Energy held back per kW of roof: kWh in the mean, and the worst neighbourhood's over that."""
    lost = held_kw.sum(axis=1) * HOURS
    mean = float(lost.sum() / of.rated_kw.sum())
    most = float((np.bincount(of.area, lost) / np.bincount(of.area, of.rated_kw)).max())
    return {"mean_kwh_per_kw": mean, "most_over_mean": most / mean if mean else np.nan}


def measured(count: int, patience_s: float) -> Row:
    """Everything of one size."""
    of = case(count)
    bench = Bench(of, patience_s)
    _, cold = bench.plan(of.offers)
    shape = bench.shape()
    plain, warm = bench.plan(of.offers)
    judged = bench.judged()
    held = held_back(of, plain)
    fair = eased(of.offers, cast("Plan", roofs(of)), burdens(of, held))
    evened, fairly = bench.plan(fair)
    extra = evened.cost_eur - surcharge(evened, of.offers, fair) - plain.cost_eur
    _, blind = bench.plan(replace(of.offers, doubt=None))
    blindly = bench.judged()
    child = peak_gb(bench.child.pid)
    bench.plans.close()
    return {
        "shape": shape, "cold": cold, "warm": warm | judged, "fair": fairly | {
            "before": shared(of, 2 * held), "after": shared(of, held + held_back(of, evened)),
            "extra_eur": extra,
        },
        "blind": blind | blindly, "parent_gb": peak_gb(), "child_gb": child,
    }  # fmt: skip


def apart(count: int, patience_s: float) -> Row:
    """`measured` in a process of its own."""
    words = [sys.executable, __file__, "--one", str(count), "--patience", str(patience_s)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return {"failed": f"{count} assets: ended with {done.returncode}, for the reason above"}
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def told(row: Row) -> str:
    """A size's figures, part by part."""
    if "failed" in row:
        return str(row["failed"])
    parts = {name: part for name, part in row.items() if isinstance(part, dict)}
    lines = [f"{name:6} {_words(part)}" for name, part in parts.items()]
    lines.append(f"memory parent {row['parent_gb']:.2f} GB, child {row['child_gb']:.2f} GB")
    return "\n".join(lines)


def _words(part: Row) -> str:
    return "  ".join(
        f"{name} ({_words(value)})"
        if isinstance(value, dict)
        else f"{name} {value:.5g}"
        if isinstance(value, float)
        else f"{name} {value}"
        for name, value in part.items()
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 3_000, 40_000])
    parser.add_argument("--patience", type=float, default=900.0, help="s for one search by prices")
    parser.add_argument("--quick", action="store_true", help="300 assets")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one, given.patience)))
        return
    for count in [300] if given.quick else given.sizes:
        row = apart(count, given.patience)
        print(json.dumps(row) if given.json else told(row), flush=True)


if __name__ == "__main__":
    main()
