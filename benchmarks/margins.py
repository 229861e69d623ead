"""Where margins come from, and what reference roofs are worth: on weeks that are not reported.

    python benchmarks/margins.py --case sun       # margins on weeks of the sun case
    python benchmarks/margins.py --case demand    # and of the demand case
    python benchmarks/margins.py --roofs          # PV's error a slot ahead, with them and without

Ours is the coordinated run with each margin, the peer is *today*; each ratio is ours of today's.
For roofs, the peer is the same run without reference roofs. `--quick` lives one day once.
"""

from __future__ import annotations

import argparse
import json
import pickle
from contextlib import ExitStack
from typing import Any
from unittest import mock

import numpy as np
from coordination import CASES

from commonwatt.city import strategy
from commonwatt.city.brain import Brain
from commonwatt.city.model import City
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import F
from commonwatt.sectors.renewables import control
from commonwatt.study import play as runs
from commonwatt.study.play import Played, Scene, lead
from commonwatt.study.seeds import commit, derived

WEEKS = {
    "sun": ("2016-06-05", "2016-06-17", "2016-06-26", "2016-08-27"),
    "demand": ("2016-12-08",),
}
"""None of these is among the five most stressed weeks that `coordination.py` reports."""
MARGINS = {"sun": (0.015, 0.03, 0.05), "demand": (0.03, 0.05, 0.08)}
SUNNY = "2016-06-17"


def midnight(city: City, day: str) -> int:
    """Epoch seconds of the local midnight that begins `day`."""
    noon = np.datetime64(f"{day}T12:00:00").astype("datetime64[s]").astype(int)
    return int(noon - DAY_S // 2 - city.place.offset_s(np.array([noon]))[0])


def measures(played: Played) -> dict[str, float]:
    """Measure → value over the whole city."""
    return {row.measure: row.value for row in played.rows if row.area == "all"}


def margins(case: str, days: int, weeks: tuple[str, ...]) -> list[dict[str, Any]]:
    """One row per week and margin."""
    city, seed, rows = CASES[case].city(), derived(1, commit())[0], []
    for day in weeks:
        start = midnight(city, day)
        past = pickle.dumps(lead(city, start, seed))
        scenes = [Scene(start=start, days=days, run="today", seed=seed)] + [
            Scene(start=start, days=days, run="coordinated", seed=seed, margin=margin)
            for margin in MARGINS[case]
        ]
        today, *ours = (measures(runs.play(s, pickle.loads(past))) for s in scenes)  # noqa: S301
        for scene, of in zip(scenes[1:], ours, strict=True):
            rows.append(
                {"week": day, "margin": scene.margin}
                | {m: of[m] for m in ("overload_energy", "overload_hours", "comfort_lost")}
                | {"today_energy": today["overload_energy"], "today_hours": today["overload_hours"]}
                | {"cost_eur": of["system_cost_without_breaches"]}
            )
            print(_words(rows[-1]), flush=True)
    return rows


def roofs(days: int) -> dict[str, float]:
    """Error of PV a slot ahead, in shares of its root mean square, with and without references."""
    city, seed = CASES["sun"].city(), derived(1, commit())[0]
    start = midnight(city, SUNNY)
    past = pickle.dumps(lead(city, start, seed))
    scene = Scene(start=start, days=days, run="coordinated", seed=seed, margin=CASES["sun"].margin)
    nobody = {"new": lambda rated_kw: np.zeros(rated_kw.size, dtype=np.bool_)}
    return {
        "with": _error(scene, past, {}),
        "without": _error(scene, past, nobody),
    }


def _error(scene: Scene, past: bytes, references: dict[str, Any]) -> float:
    """Root mean square error of all roofs together, one slot ahead, in shares of their power."""
    said: list[F] = []
    truth: dict[str, F] = {}

    def foresee(brain: Brain, now: int) -> None:
        known(brain, now)
        if now >= scene.start:
            said.append(brain.forecasts["pv.potential_kw"].middle[:, 0])

    def measured(view: Any, world: Any, window: Any) -> Any:
        ix = world.city.table("pv").ix
        fed = -view.history("asset.power_kw", ix, window)
        truth["kw"] = fed + view.history("pv.curtailed_kw", ix, window)
        return counted(view, world, window)

    known, counted = Brain.foresee, runs.measured
    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(Brain, "foresee", foresee))
        patches.enter_context(mock.patch.object(runs, "measured", measured))
        for module in (strategy, control) if references else ():
            patches.enter_context(mock.patch.object(module, "references", **references))
        runs.play(scene, pickle.loads(past))  # noqa: S301 - our own bytes
    true = truth["kw"].sum(axis=0)
    expected = np.stack(said, axis=1).sum(axis=0)[: true.size]
    return float(np.sqrt(np.mean((expected - true) ** 2) / np.mean(true**2)))


def _words(row: dict[str, Any]) -> str:
    return (
        f"{row['week']}  margin {row['margin']:5.1%}  overload {row['overload_energy']:8.2f} kVAh "
        f"({row['overload_energy'] / row['today_energy']:.2%} of today's)  hours "
        f"{row['overload_hours']:5.2f} ({row['overload_hours'] / row['today_hours']:.1%})  "
        f"comfort lost {row['comfort_lost']:.3f} K·h  cost {row['cost_eur']:.1f} €"
    )


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, default="sun")
    parser.add_argument("--roofs", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one day, once, about a minute")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    days = 1 if given.quick else 7
    if given.roofs:
        found: Any = roofs(days)
        print(
            f"PV a slot ahead, week from {SUNNY}: error {found['with']:.1%} with reference roofs, "
            f"{found['without']:.1%} without, ratio {found['with'] / found['without']:.2f}"
        )
    else:
        found = margins(given.case, days, WEEKS[given.case][: 1 if given.quick else None])
    if given.json:
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
