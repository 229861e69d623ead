"""What fairness costs and what it buys: the same sunny days at several weights.

    python benchmarks/fairness.py           # a week in June at four weights, some minutes
    python benchmarks/fairness.py --quick   # two days at two weights

SimBench rural1, scenario 2: roofs of 677 kW on four feeders behind one transformer of 160 kVA, each
feeder a neighbourhood. Per weight: solar energy held back, in kWh per kW of roof, in the
neighbourhood that lost most and on average; their ratio (1 is even); what the city's cost rises by
against weight 0, in €, without and with the prices of breached limits. Everything is counted from
the field's truth, at the same prices. The seed is fixed, so every run gives the same figures.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from commonwatt.city import sources
from commonwatt.city.fairness import Fairness
from commonwatt.city.model import City
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import F
from commonwatt.study import play as runs
from commonwatt.study.play import Played, Scene

CITY = "simbench:1-LV-rural1--2-sw"
DAY = "2016-06-05"
SEED = 11
LEAD_DAYS = 7


def main() -> None:
    """Live the days once per weight and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="two days, two weights")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    weights = (0.0, 4.0) if given.quick else (0.0, 1.0, 2.0, 4.0)
    rows = measured(2 if given.quick else given.days, weights)
    print(json.dumps(rows, indent=1) if given.json else table(rows))


def measured(days: int, weights: Sequence[float]) -> list[dict[str, Any]]:
    """One row per weight, the first of which is what the others are held against."""
    runs.LEAD_DAYS = LEAD_DAYS
    city = sources.load(CITY)
    noon = np.datetime64(f"{DAY}T12:00:00").astype("datetime64[s]").astype(int)
    start = int(noon - DAY_S // 2 - city.place.offset_s(np.array([noon]))[0])
    past = pickle.dumps(runs.lead(city, start, SEED))
    rows: list[dict[str, Any]] = []
    for weight in weights:
        world = pickle.loads(past)  # noqa: S301 - our own bytes
        world.city = replace(city, fairness=Fairness(weight=weight))
        wall, cpu = time.perf_counter(), time.process_time()
        played = runs.play(Scene(start=start, days=days, run="coordinated", seed=SEED), world)
        lost = held_back(city, played)
        of = {row.measure: row.value for row in played.rows if row.area == "all"}
        rows.append(
            {
                "weight": weight,
                "most": float(lost.max()),
                "mean": total(city, played),
                "cost_eur": of["system_cost"],
                "bare_eur": of["system_cost_without_breaches"],
                "overload_kvah": of["overload_energy"],
                "wall_s": time.perf_counter() - wall,
                "cpu_s": time.process_time() - cpu,
            }
        )
    for row in rows:
        row["ratio"] = row["most"] / row["mean"]
        for name in ("bare", "cost"):
            row[f"extra_{name}_eur"] = row[f"{name}_eur"] - rows[0][f"{name}_eur"]
        row["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return rows


def held_back(city: City, played: Played) -> F:
    """(B,) kWh per kW of roof that neighbourhoods with roofs lost."""
    roofs = city.table("pv")
    area = np.array(city.connections.text("neighbourhood"))[roofs.connection]
    lost = {row.area: row.value for row in played.rows if row.measure == "curtailment"}
    return np.array(
        [lost[name] / roofs.f("rated_kw")[area == name].sum() for name in np.unique(area)]
    )


def total(city: City, played: Played) -> float:
    """The same of the whole city."""
    lost = sum(r.value for r in played.rows if r.measure == "curtailment" and r.area == "all")
    return float(lost / city.table("pv").f("rated_kw").sum())


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as people read them."""
    head = (
        "weight  held back most  mean (kWh/kW)  ratio  extra cost €  with breaches  overload kVAh"
    )
    lines = [
        f"{r['weight']:6g}  {r['most']:14.3f}  {r['mean']:13.3f}  {r['ratio']:5.2f}  "
        f"{r['extra_bare_eur']:12.2f}  {r['extra_cost_eur']:13.2f}  {r['overload_kvah']:13.2f}"
        for r in rows
    ]
    whole = (
        f"cost at weight 0: {rows[0]['bare_eur']:.0f} €, with breaches {rows[0]['cost_eur']:.0f} €"
    )
    work = f"CPU {sum(r['cpu_s'] for r in rows):.0f} s, wall {sum(r['wall_s'] for r in rows):.0f} s"
    lines += [whole, f"{work}, memory {rows[-1]['memory_mb']:.0f} MB"]
    return "\n".join([head, *lines])


if __name__ == "__main__":
    main()
