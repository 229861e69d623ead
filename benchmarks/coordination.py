"""What coordination is worth: the most stressed weeks of a case, pooled over seeds.

    python benchmarks/coordination.py --case sun      # SimBench rural1, scenario 2, as it is
    python benchmarks/coordination.py --case demand   # SimBench rural3 with cars and heat pumps

Ours is the coordinated run, the peer is *tuned* (every device by a competent local rule, under the
network operator's live limiter), the bound is perfect foresight. Prints every requirement beside
what was measured. Seeds come from the commit id, `--luck` repeats those of another commit.
`--quick` lives one day, once.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from commonwatt.city import sources
from commonwatt.city.importers.overlay import overlay, parse
from commonwatt.city.model import City
from commonwatt.kernel.intervals import moment
from commonwatt.study.play import Played, Scene, lead, play
from commonwatt.study.result import RUNS
from commonwatt.study.seeds import commit, derived
from commonwatt.study.settling import bills_of
from commonwatt.study.stress import most_stressed


@dataclass(frozen=True)
class Case:
    """A city, what is added to it, and the margin fixed on a week that is not reported."""

    code: str
    adds: str
    margin: float

    def city(self) -> City:
        """The case as a city."""
        drawn = sources.load(self.code)
        return overlay(drawn, parse(self.adds), 0) if self.adds else drawn


CASES = {
    "sun": Case("simbench:1-LV-rural1--2-sw", "", 0.03),
    "demand": Case("simbench:1-LV-rural3--0-sw", "ev=1.5,hp=1", 0.08),
}


def week(city: City, start: int, days: int, seed: int, margin: float) -> list[Played]:
    """All runs of one week on one luck, one after the other, each from the same past."""
    import pickle  # noqa: PLC0415 - a copy per run

    past = pickle.dumps(lead(city, start, seed))
    played = []
    for run in RUNS:
        began = time.perf_counter()
        scene = Scene(start=start, days=days, run=run, seed=seed, margin=margin)
        played.append(play(scene, pickle.loads(past)))  # noqa: S301 - our own bytes
        print(f"  {moment(start + 43200):%Y-%m-%d} seed {seed} {run}: "
              f"{time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)  # fmt: skip
    return played


def pooled(city: City, weeks: list[list[Played]]) -> dict[str, dict[str, float]]:
    """Run → measure → sum over weeks and seeds (extremes for peaks and bill rises)."""
    table: dict[str, dict[str, list[float]]] = {run: {} for run in RUNS}
    for played in weeks:
        _, bill_rows = bills_of(city, played)
        for row in [r for p in played for r in p.rows] + bill_rows:
            if row.area == "all":
                table[row.run].setdefault(row.measure, []).append(row.value)
                if row.measure == "ev_served":
                    table[row.run].setdefault("ev_feasible", []).append(row.share_of)
    highest = ("transformer_peak", "line_peak", "bill_worst", "bill_rise_worst", "voltage_highest")
    extreme = dict.fromkeys(highest, np.max) | {"voltage_lowest": np.min}
    return {
        run: {m: float(extreme.get(m, np.sum)(v)) for m, v in measures.items()}
        for run, measures in table.items()
    }


def requirements(of: dict[str, dict[str, float]]) -> list[tuple[str, float, str, float, bool]]:
    """(what, measured, relation, required, met)."""
    today, tuned, ours, bound = (of[run] for run in RUNS)

    def share(measure: str) -> float:
        possible = tuned[measure] - bound[measure]
        return (tuned[measure] - ours[measure]) / possible if possible else float("nan")

    comfort = ours["comfort_lost"] - today["comfort_lost"]
    asked = [
        ("bound: AC overload, kVAh", bound["overload_energy"], "<=", 1e-2),
        ("overload energy, share of today's", _of(ours, today, "overload_energy"), "<=", 0.01),
        ("hours above 101 %, share of today's", _of(ours, today, "overload_hours"), "<=", 0.10),
        ("share of the bound's gain over tuned", share("system_cost"), ">=", 0.70),
        ("the same without breach prices", share("system_cost_without_breaches"), ">=", 0.85),
        ("car energy by departure", ours["ev_served"] / ours["ev_feasible"], ">=", 0.995),
        ("comfort lost beyond today's, K·h", comfort, "<=", 0.01 * today["comfort_lost"]),
        ("worst rise of a bill after the guarantee, €", ours["bill_rise_worst"], "<=", 0.0),
    ]
    return [
        (what, value, sign, bar, value <= bar if sign == "<=" else value >= bar)
        for what, value, sign, bar in asked
    ]


def _of(ours: dict[str, float], today: dict[str, float], measure: str) -> float:
    return ours[measure] / today[measure] if today[measure] else float("nan")


def main() -> None:
    """Run the case and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, default="sun")
    parser.add_argument("--weeks", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--luck", metavar="COMMIT", help="full commit id to derive seeds from")
    parser.add_argument("--quick", action="store_true", help="one day, once, under a minute")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    began, city = time.perf_counter(), CASES[given.case].city()
    days, count = (1, 1) if given.quick else (7, given.seeds)
    seeds = derived(count, given.luck or commit())
    if given.quick:
        starts = [1466373600]  # 2016-06-20, local midnight
    else:
        spans = most_stressed(
            city, days=7, count=given.weeks, seed=seeds[0], progress=lambda _share: None
        )
        starts = [span.start for span in spans]
    with ProcessPoolExecutor(given.jobs) as pool:
        futures = [
            pool.submit(week, city, s, days, seed, CASES[given.case].margin)
            for seed in seeds
            for s in starts
        ]
        weeks: list[list[Played]] = []
        for future in futures:
            weeks.append(future.result())
            print(f"after {len(weeks)} of {len(futures)} weeks", file=sys.stderr)
            print(
                "\n".join(_verdicts(requirements(pooled(city, weeks)))), file=sys.stderr, flush=True
            )
    table = pooled(city, weeks)
    found = {
        "case": given.case,
        "days": days,
        "seeds": list(seeds),
        "weeks": [f"{moment(s + 43200):%Y-%m-%d}" for s in starts],
        "measures": table,
        "requirements": [list(line) for line in requirements(table)],
        "wall_s": time.perf_counter() - began,
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6,
    }
    print(json.dumps(found, indent=1) if given.json else _words(found))


def _words(found: dict[str, object]) -> str:
    table = found["measures"]
    lines = [
        f"case {found['case']}, weeks from {', '.join(found['weeks'])}, seeds {found['seeds']}"
    ]
    lines.append(f"{'':34s}" + "".join(f"{run:>14s}" for run in RUNS))
    for measure in table["today"]:
        cells = "".join(f"{table[run].get(measure, float('nan')):14.3f}" for run in RUNS)
        lines.append(f"{measure:34s}{cells}")
    lines.append("")
    lines += _verdicts(found["requirements"])
    lines.append(f"{found['wall_s']:.0f} s, {found['peak_memory_gb']:.1f} GB at most in a process")
    return "\n".join(lines)


def _verdicts(asked: list[tuple[str, float, str, float, bool]]) -> list[str]:
    return [
        f"{'met ' if met else 'MISS'} {what:48s}{value:10.4f} {sign} {bar:g}"
        for what, value, sign, bar, met in asked
    ]


if __name__ == "__main__":
    main()
