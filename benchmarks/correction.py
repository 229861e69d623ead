"""What a feeder's own correction is worth between plans, with a truth of 10 s.

    python benchmarks/correction.py              # SimBench rural3, cars and heat pumps, in winter
    python benchmarks/correction.py --case sun   # SimBench rural1, scenario 2, in May
    python benchmarks/correction.py --quick      # six hours, once

Ours is a plan every 15 min with a correction every 10 s, the peer the same plan without one: each
with the case's margin, and with none in the plan. Every overload is counted at 10 s from an AC
power flow of the field's truth. *Hindsight* holds back, in the very step it looks at, exactly what
breaks a limit in the plan's own run: the least that must be, with nothing caught up later.
Seeds come from the commit id, `--luck` repeats those of another commit.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace

import numpy as np
from coordination import CASES
from margins import midnight

from commonwatt.city.bootstrap import Simulated, flexible, network
from commonwatt.city.correction import Correction
from commonwatt.city.loop import Job, Loop
from commonwatt.city.model import City
from commonwatt.city.steps import Glance
from commonwatt.city.strategy import Coordinated, LocalRules
from commonwatt.city.watch import Watch
from commonwatt.kernel.clocks import VirtualClock
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.intervals import SLOT_S, STEP_S, Window
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch import Dispatcher
from commonwatt.platform.dispatch.correction import Caps, Patience, Reading, corrected
from commonwatt.platform.forecast import Forecaster
from commonwatt.sectors.grid.analysis.overload import band_breach_pu, excess_kva
from commonwatt.sectors.grid.control import Gauges, GridNetwork, Limiter
from commonwatt.study.measures import measured
from commonwatt.study.play import LIMITER_MARGIN, SLOT, lead
from commonwatt.study.seeds import commit, derived

HOURS = {"demand": ("2016-12-15", 16, 17), "sun": ("2016-05-28", 10, 7)}
"""Day, local hour at which a run begins, and how many hours it lasts: until the cars have left."""
SECONDS_PER_HOUR = 3600
ARMS = ("plan", "corrected", "plan, no margin", "corrected, no margin")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one arm came to on one luck.

    Attributes:
        arm: which.
        seed: its luck.
        overload_min: minutes in which a branch carried more than its rating.
        overload_kvah: what was above ratings.
        worst: highest loading of a branch.
        voltage_min: minutes in which a bus was outside its band.
        missing_kwh: what cars could have had by departure and did not.
        served_kwh: what they had.
        cold_k_h: comfort lost in homes.
        curtailed_kwh: solar energy not fed in.
        held_kwh: what corrections did not let devices do; they may have made up for it later.
        held_share: share of the looks at which somebody was held.
        mean_ms: processor time of a look, without the simulated field.
        most_ms: of the slowest look.
    """

    arm: str
    seed: int
    overload_min: float
    overload_kvah: float
    worst: float
    voltage_min: float
    missing_kwh: float = float("nan")
    served_kwh: float = float("nan")
    cold_k_h: float = float("nan")
    curtailed_kwh: float = float("nan")
    held_kwh: float = float("nan")
    held_share: float = float("nan")
    mean_ms: float = float("nan")
    most_ms: float = float("nan")


class Diary:
    """The field as a watch sees it, with everything written down."""

    def __init__(self, world: Simulated) -> None:
        self._field = world.field
        self.net: list[F] = []
        self.kvar: list[F] = []
        self.spent_s = 0.0

    def glance(self, to: int) -> Glance:
        """As the field has it."""
        since = time.process_time()
        glance, steps = self._field.glance(to), self._field.steps()
        self.net.append(steps.net_kw[:, steps.done - 1].copy())
        self.kvar.append(steps.kvar)
        self.spent_s += time.process_time() - since
        return glance

    def correct(self, commands: Commands) -> None:
        """Hand on."""
        self._field.correct(commands)


class Corrected:
    """The job of an arm that corrects."""

    def __init__(self, watch: Watch, diary: Diary) -> None:
        self._watch, self._diary = watch, diary
        self.spent_s: list[float] = []
        self.held_kw: list[float] = []

    def run(self, now: int) -> None:
        """Begin a slot, or look."""
        since, elsewhere = time.process_time(), self._diary.spent_s
        self._watch.run(now)
        spent = time.process_time() - since - (self._diary.spent_s - elsewhere)
        if now % SLOT_S:
            self.spent_s.append(spent)
            holds = self._watch.correction.now
            self.held_kw.append(sum(abs(hold.of_kw - hold.to_kw) for hold in holds))


class Hindsight:
    """The job of an arm that does not correct: what would have had to be held back in each step."""

    def __init__(self, watch: Watch, diary: Diary, wires: GridNetwork, sites: I) -> None:
        self._watch, self._diary, self._sites = watch, diary, sites
        self._gauges = Gauges(wires, margin=0.0, margin_pu=0.0)
        self.net: list[F] = []
        self.held_kw: list[float] = []

    def run(self, now: int) -> None:
        """Begin a slot, or see a step."""
        if now % SLOT_S == 0:
            self._watch.run(now)
            return
        glance = self._diary.glance(now)
        movers, net = self._watch.correction.movers, self._diary.net[-1]
        gauged = self._gauges.read(glance.branch_kw, glance.loading, glance.volts_pu)
        power = glance.asset_kw[movers.asset]
        reading = Reading(
            value=gauged.value, low=gauged.low, high=gauged.high,
            spare=gauged.spare, power_kw=power,
        )  # fmt: skip
        nobody = Caps.none(movers.asset, gauged.value.size)
        caps = corrected(nobody, movers, reading, STEP_S, Patience())
        relief = power - np.clip(power, -caps.feed_kw, caps.draw_kw)
        self.net.append(net - np.bincount(self._sites[movers.asset], relief, net.size))
        self.held_kw.append(float(np.abs(relief).sum()))


def live(
    city: City, past: bytes, arm: str, *, margin: float, seed: int, hours: int
) -> list[Outcome]:
    """One arm; a plan's own run brings its hindsight with it."""
    world: Simulated = pickle.loads(past)  # noqa: S301 - our own bytes
    start, movers = world.field.now, flexible(world.sectors)
    end = start + hours * SECONDS_PER_HOUR
    dispatcher = Dispatcher(
        network(city, world.sectors, margin), budget=SLOT,
        fuse_kw=city.connections.f("fuse_kw"), place=city.place,
    )  # fmt: skip
    strategy = Coordinated(
        movers, dispatcher, LocalRules(movers, Limiter(city, LIMITER_MARGIN)), margin
    )
    archive = world.ground.signals.weather_issued
    brain = world.brain(strategy, Forecaster(city.place, archive=archive))
    wires, diary = GridNetwork(city), Diary(world)
    watch = Watch(
        Correction(city, wires, Gauges(wires)), diary, brain.devices, lambda: strategy.offers
    )
    ours, peer = Corrected(watch, diary), Hindsight(watch, diary, wires, city.sites)
    corrects = arm.startswith("corrected")
    jobs = [
        Job(job.name, job.run, job.cadence_s, job.deadline_s, start - SLOT_S)
        for job in brain.jobs()
    ]
    looks = Job("correct", (ours if corrects else peer).run, STEP_S, STEP_S, start - STEP_S)
    Loop(VirtualClock(start), [*jobs, looks], late=lambda _name: None).run_until(end - STEP_S)
    brain.sense(end)
    dispatcher.close()
    of = {"city": city, "wires": wires, "seed": seed}
    kw, kvar = np.array(diary.net).T, np.array(diary.kvar).T
    found = _served(
        _wires(kw, kvar, arm, **of), world, Window.uniform(start, (end - start) // SLOT_S)
    )
    if not corrects:
        bound = _wires(np.array(peer.net).T, kvar, f"hindsight, {arm}", **of)
        return [found, replace(bound, held_kwh=_kwh(peer.held_kw))]
    spent = 1e3 * np.array(ours.spent_s)
    return [
        replace(
            found,
            held_kwh=_kwh(ours.held_kw),
            held_share=float(np.mean(np.array(ours.held_kw) > 0)),
            mean_ms=float(spent.mean()),
            most_ms=float(spent.max()),
        )
    ]


def _kwh(step_kw: list[float]) -> float:
    return sum(step_kw) * STEP_S / SECONDS_PER_HOUR


def _wires(kw: F, kvar: F, arm: str, *, city: City, wires: GridNetwork, seed: int) -> Outcome:
    flow, bus = wires.feeder.flow(kw, kvar), city.table("bus")
    over = excess_kva(flow.loading, wires.feeder.rating_kva)
    outside = band_breach_pu(flow.volts_pu, bus.f("low_pu"), bus.f("high_pu"))
    return Outcome(
        arm=arm,
        seed=seed,
        overload_min=float((over > 0).any(axis=0).sum()) * STEP_S / 60,
        overload_kvah=float(over.sum()) * STEP_S / SECONDS_PER_HOUR,
        worst=float(flow.loading.max()),
        voltage_min=float((outside != 0).any(axis=0).sum()) * STEP_S / 60,
    )


def _served(outcome: Outcome, world: Simulated, window: Window) -> Outcome:
    """With what people got."""
    lines = measured(world.truth(), world, window)
    rows = {measure: (value, of) for area, measure, _, value, of in lines if area == "all"}
    served, feasible = rows["ev_served"]
    return replace(
        outcome,
        missing_kwh=feasible - served,
        served_kwh=served,
        cold_k_h=rows["comfort_lost"][0],
        curtailed_kwh=rows["curtailment"][0],
    )


def evening(case: str, seed: int, hours: int) -> list[Outcome]:
    """All arms on one luck, from the same past."""
    city, (day, hour, _) = CASES[case].city(), HOURS[case]
    past = pickle.dumps(lead(city, midnight(city, day) + hour * SECONDS_PER_HOUR, seed))
    found = []
    for arm in ARMS:
        margin = 0.0 if "no margin" in arm else CASES[case].margin
        found += live(city, past, arm, margin=margin, seed=seed, hours=hours)
        print(json.dumps(asdict(found[-1])), file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Run the case and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=HOURS, default="demand")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--luck", metavar="COMMIT", help="full commit id to derive seeds from")
    parser.add_argument("--quick", action="store_true", help="six hours, once")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    count, hours = (1, 6) if given.quick else (given.seeds, HOURS[given.case][2])
    seeds = derived(count, given.luck or commit())
    with ProcessPoolExecutor(given.jobs) as pool:
        parts = list(pool.map(evening, [given.case] * count, seeds, [hours] * count))
    rows = [outcome for part in parts for outcome in part]
    print(json.dumps([asdict(row) for row in rows], indent=1) if given.json else _words(rows))


def _words(rows: list[Outcome]) -> str:
    """Per arm the mean over seeds, and the worst; then ours over the peer."""
    columns = [name for name in Outcome.__dataclass_fields__ if name not in {"arm", "seed"}]
    lines = [f"{len({row.seed for row in rows})} seeds: mean (lowest to highest)"]
    means: dict[str, dict[str, float]] = {}
    for arm in dict.fromkeys(row.arm for row in rows):
        lines.append(arm)
        means[arm] = {}
        for name in columns:
            values = np.array([getattr(row, name) for row in rows if row.arm == arm])
            if np.isfinite(values).all():
                means[arm][name] = float(values.mean())
                lines.append(
                    f"  {name:16s}{values.mean():12.3f}  ({values.min():.3f} to {values.max():.3f})"
                )
    for ours, peer in zip(ARMS[1::2], ARMS[::2], strict=True):
        for name in ("overload_min", "overload_kvah"):
            ratio = means[ours][name] / means[peer][name] if means[peer][name] else float("nan")
            lines.append(f"{ours} / {peer}, {name}: {ratio:.4f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
