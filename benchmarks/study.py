"""Simulated days per second of city time against homes, where the time goes, and pandapower beside.

    python benchmarks/study.py            # three grids, after four weeks of past each
    python benchmarks/study.py --quick    # the two smaller ones, after four days

One day (20 June 2016) of *today*, *tuned* and *coordinated* on each grid, each run from a copy of
the same past, in one process (and the solver's child). Shares are of wall time, each part without
the parts it calls.

The peer is pandapower on the power flows of the day lived as *today*: the same grid, the same power
at every connection, slot by slot, by a loop of `runpp` and by `run_timeseries`; the faster one
counts. Both sides are timed warm. If the voltages differ there is nothing to compare.
"""

from __future__ import annotations

import argparse
import gc
import json
import pickle
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from unittest import mock

import numpy as np
import pandapower as pp
import pandas as pd
from pandapower.control import ConstControl
from pandapower.timeseries import DFData, OutputWriter, run_timeseries

from commonwatt.city.bootstrap import flexible
from commonwatt.city.brain import Brain
from commonwatt.city.field import DirectField
from commonwatt.city.importers import simbench
from commonwatt.city.importers.overlay import overlay, parse
from commonwatt.city.model import City, Series
from commonwatt.city.registry import sectors
from commonwatt.kernel.intervals import DAY_S, SLOT_S
from commonwatt.kernel.units import F
from commonwatt.kernel.world import World
from commonwatt.platform.dispatch import Dispatcher
from commonwatt.platform.dispatch.worker import Worker
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.grid.control import GridNetwork
from commonwatt.sectors.grid.twin import GridTwin
from commonwatt.study.play import LEAD_DAYS, Scene, lead, play

START = 1466373600
"""2016-06-20, local midnight."""
TAIL_DAYS = 4
RUNS = ("today", "tuned", "coordinated")
AGREE_PU = 1e-6
FLOW = "field: power flow"
PARTS = {
    "field: people and devices": [(DirectField, "advance")],
    FLOW: [(GridTwin, "step")],
    "sense": [(Brain, "sense")],
    "judge": [(Brain, "judge")],
    "foresee": [(Brain, "foresee")],
    "decide: offers": [(type(row), "offer") for row in flexible(sectors())],
    "decide: limits": [(GridNetwork, "limits")],
    "decide: build and read": [(Dispatcher, "plan")],
    "decide: solve": [(Worker, "solve")],
    "decide: power flow": [(GridNetwork, "check")],
    "decide: rules, following": [(Brain, "decide")],
}


@dataclass(frozen=True)
class Case:
    """A SimBench grid and what is added to it."""

    code: str
    adds: str = ""

    @cached_property
    def net(self) -> Any:
        """The grid as SimBench publishes it, in pandapower."""
        return simbench.net_of(self.code)

    def city(self, past_days: int) -> City:
        """The case as a city whose profiles begin `past_days` before the day."""
        with mock.patch.object(simbench, "net_of", return_value=self.net):
            drawn = simbench.load(self.code)
        first = (START - past_days * DAY_S - drawn.series.start) // SLOT_S
        last = (START + TAIL_DAYS * DAY_S - drawn.series.start) // SLOT_S
        columns = {name: column[first:last] for name, column in drawn.series.values.items()}  # noqa: PD011 - no pandas
        cut = replace(drawn, series=Series(drawn.series.start + first * SLOT_S, columns))
        return overlay(cut, parse(self.adds), 0) if self.adds else cut


MANY = "ev=0.5,hp=0.4,pv=0.3"
CASES = (
    Case("1-LV-rural1--2-sw"),
    Case("1-LV-semiurb4--2-sw", MANY),
    Case("1-LV-rural3--0-sw", MANY),
)


@dataclass(eq=False)
class Stopwatch:
    """Wall seconds by part, each without the parts it calls, and the power flows it saw."""

    seconds: Counter[str] = field(default_factory=Counter)
    kw: list[F] = field(default_factory=list)
    kvar: list[F] = field(default_factory=list)
    _inner: list[float] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time every part until the end of the block."""
        with ExitStack() as patches:
            for part, methods in PARTS.items():
                for owner, name in methods:
                    timed = self._timed(part, getattr(owner, name))
                    patches.enter_context(mock.patch.object(owner, name, timed))
            yield

    def _timed(self, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **options: Any) -> Any:
            self._inner.append(0.0)
            began = time.perf_counter()
            try:
                return method(*args, **options)
            finally:
                took = time.perf_counter() - began
                self.seconds[part] += took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took
                if part == FLOW:
                    self._note(args[1])

        return timed

    def _note(self, world: World) -> None:
        self.kw.append(world.power_kw.sum(axis=1))
        self.kvar.append(world.reactive_kvar.sum(axis=1))


def lived(case: Case, past_days: int, repeats: int) -> dict[str, Any]:
    """The case's line: one day of every run, and pandapower beside."""
    city = case.city(past_days)
    past = pickle.dumps(lead(city, START, 1))
    found: dict[str, Any] = {
        "grid": case.code,
        "overlay": case.adds,
        "connections": len(city.connections),
        "assets": city.assets,
        "buses": len(city.table("bus")),
        "past_days": past_days,
        "runs": {},
    }
    for run in RUNS:
        watch = Stopwatch()
        found["runs"][run] = _timed_run(run, past, watch)
        if run == "today":
            found["peer"] = beside(case, city, watch, repeats)
    return found


def _timed_run(run: str, past: bytes, watch: Stopwatch) -> dict[str, Any]:
    world = pickle.loads(past)  # noqa: S301 - our own bytes
    used, began = _cpu_s(), time.perf_counter()
    with watch.running():
        play(Scene(start=START, days=1, run=run, seed=1), world)
    wall = time.perf_counter() - began
    gc.collect()  # buries the solver's child, so that its CPU seconds count
    seconds = watch.seconds | Counter({"measures, trace, rest": wall - watch.seconds.total()})
    return {
        "wall_s": wall,
        "cpu_s": _cpu_s() - used,
        "days_per_s": 1.0 / wall,
        "share": {part: took / wall for part, took in seconds.most_common()},
    }


def _cpu_s() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def beside(case: Case, city: City, watch: Stopwatch, repeats: int) -> dict[str, Any]:
    """Our power flows of the day and pandapower's, in seconds for all of them."""
    kw, kvar = np.array(watch.kw).T, np.array(watch.kvar).T
    feeder, peer = Feeder.of(city), Peer.of(case, city)
    volts = feeder.flow(kw, kvar).volts_pu
    theirs = {"runpp": peer.loop, "run_timeseries": peer.series}
    for name, solve in theirs.items():
        gap = float(np.abs(solve(kw[:, :4], kvar[:, :4]) - volts[:, :4]).max())
        if gap > AGREE_PU:
            sys.exit(f"{case.code}: {name} differs by {gap:g} pu; the comparison is void")
    seconds = {name: _least(lambda s=solve: s(kw, kvar), repeats) for name, solve in theirs.items()}
    twin, batch = watch.seconds[FLOW], _least(lambda: feeder.flow(kw, kvar), repeats)
    best = min(seconds.values())
    return {
        "flows": kw.shape[1],
        "ours_twin_s": twin,
        "ours_batch_s": batch,
        "pandapower_s": seconds,
        "ratio": best / twin,
        "ratio_batch": best / batch,
    }


def _least(solve: Callable[[], object], repeats: int) -> float:
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        solve()
        took.append(time.perf_counter() - began)
    return min(took)


@dataclass(frozen=True, eq=False)
class Peer:
    """The same grid in pandapower, with one load per connection of ours."""

    net: Any
    loads: Sequence[int]
    buses: list[int]
    """pandapower's number of each of our buses."""

    @classmethod
    def of(cls, case: Case, city: City) -> Peer:
        """The grid as SimBench publishes it, its own loads and generators switched off."""
        net = case.net
        number = {str(name).replace(" ", "-"): bus for bus, name in net.bus.name.items()}
        buses = [number[name.removeprefix("bus/")] for name in city.table("bus").ids]
        for element in (net.load, net.sgen, net.storage):
            element["in_service"] = False
        hosts = [buses[bus] for bus in city.connections.i("bus")]
        return cls(net, list(pp.create_loads(net, hosts, p_mw=0.0, q_mvar=0.0)), buses)

    def loop(self, kw: F, kvar: F) -> F:
        """(bus,T) voltages by one `runpp` a slot, each from the one before."""
        found = []
        for t in range(kw.shape[1]):
            self.net.load.loc[self.loads, "p_mw"] = kw[:, t] / 1e3
            self.net.load.loc[self.loads, "q_mvar"] = kvar[:, t] / 1e3
            pp.runpp(self.net, trafo_model="pi", init="results" if t else "auto")
            found.append(self.net.res_bus.vm_pu.loc[self.buses].to_numpy())
        return np.array(found).T

    def series(self, kw: F, kvar: F) -> F:
        """(bus,T) voltages by `run_timeseries`."""
        self.net.controller = self.net.controller.iloc[:0]
        for variable, values in (("p_mw", kw), ("q_mvar", kvar)):
            source = DFData(pd.DataFrame(values.T / 1e3, columns=self.loads))
            ConstControl(
                self.net, "load", variable, self.loads, profile_name=self.loads, data_source=source
            )
        writer = OutputWriter(self.net, log_variables=[("res_bus", "vm_pu", self.buses)])
        run_timeseries(self.net, range(kw.shape[1]), verbose=False, trafo_model="pi")
        return writer.output["res_bus.vm_pu"][self.buses].to_numpy(dtype=float).T


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two grids, four days of past")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    cases, past, repeats = (CASES[:2], 4, 1) if given.quick else (CASES, LEAD_DAYS, 3)
    lines = []
    for case in cases:
        began = time.perf_counter()
        lines.append(lived(case, past, repeats))
        print(f"{case.code}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print(json.dumps({"cases": lines}, indent=1) if given.json else "\n\n".join(map(_words, lines)))


def _words(line: dict[str, Any]) -> str:
    adds = f" with {line['overlay']}" if line["overlay"] else ""
    size = f"{line['connections']} connections, {line['assets']} assets, {line['buses']} buses"
    said = [f"{line['grid']}{adds}: {size}"]
    for run, row in line["runs"].items():
        most = list(row["share"].items())[:5]
        where = ", ".join(f"{part} {share:.0%}" for part, share in most)
        said.append(
            f"  {run:12}{row['days_per_s']:7.2f} days/s   wall {row['wall_s']:6.2f} s   "
            f"CPU {row['cpu_s']:6.2f} s   {where}"
        )
    peer = line["peer"]
    said.append(f"  power flow of {peer['flows']} slots, ours: {peer['ours_twin_s']:.3f} s slot by "
                f"slot, {peer['ours_batch_s']:.3f} s as one batch")  # fmt: skip
    said += [f"    pandapower {name:15}{s:8.3f} s" for name, s in peer["pandapower_s"].items()]
    said.append(
        f"    ratio, its faster way: {peer['ratio']:.0f} × slot by slot, "
        f"{peer['ratio_batch']:.0f} × as one batch"
    )
    return "\n".join(said)


if __name__ == "__main__":
    main()
