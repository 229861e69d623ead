"""PV, wind, charging hubs and district heat: forecasts beside persistence and what is possible.

    python benchmarks/forecast_assets.py           # every series
    python benchmarks/forecast_assets.py --quick   # one of each kind, few origins
    python benchmarks/forecast_assets.py --only pv # series whose name begins so

Needs `pip install -e '.[simbench,bench]'`. Every case says what was known ahead:

  place   only where it is: the light of a cloudless sky
  issued  a forecast of the weather, made here: the truth with the errors of `physics.weather`,
          of which 0.22 (clearness), 1.2 m/s and 1.5 K are left a day ahead

PV and wind: a day ahead from local midnights. "Smart" is yesterday's mean clearness times the clear
sky. Coverage is of the 80 % band by day alone; nights are zero and count as nothing. Charging comes
from our own twin, so its truth is known: "best" is the mean and the quantiles of the very generator
over two thousand other weeks; what learns from the past can hardly be expected to beat it. Where
cars are few even its own band covers more than it says, for most steps are just zero. Skill is
1 - RMSE / RMSE of persistence: yesterday for PV and wind, last week for the rest.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
from assets.case import Case
from assets.charging import hubs
from assets.heat import heats
from assets.sky import suns, winds

from commonwatt.platform.forecast.backtest import backtest
from commonwatt.platform.forecast.ensemble import LEVELS

LEVELS_A = np.array(LEVELS)
DARK_W_M2 = 1.0


def judged(case: Case) -> dict[str, Any]:
    """Every method's errors, skill and coverage."""
    done = backtest(
        case.series,
        case.horizon,
        origins=case.origins,
        refit_days=case.refit_days,
        peers=case.peers,
        sky=case.sky,
    )
    steps = done.origins[:, None] + np.arange(case.horizon)
    points = [one.point for one in done.outcomes]
    fine = np.isfinite([done.actual, *points]).all(axis=0)  # steps of which everybody spoke
    day = fine & (case.sky[steps, 0] > DARK_W_M2) if case.sky is not None else fine
    methods = {}
    for one in done.outcomes:
        error = (one.point - done.actual)[fine]
        far = done.actual[..., None] - one.quantiles
        loss = np.maximum(LEVELS_A * far, (LEVELS_A - 1) * far).mean(axis=-1)
        inside = (far[..., 0] >= 0) & (far[..., -1] <= 0)
        methods[one.name] = {
            "mae": float(np.abs(error).mean()),
            "rmse": float(np.sqrt((error**2).mean())),
            "pinball": float(loss[fine].mean()),
            "covered": 100 * float(inside[day].mean()),
            "seconds": one.seconds,
        }
    base = methods[case.persistence]["rmse"]
    for scores in methods.values():
        scores["skill"] = 1 - scores["rmse"] / base
    return {"known": case.known, "methods": methods, "verdicts": verdicts(case, methods)}


def verdicts(case: Case, methods: dict[str, Any]) -> dict[str, bool]:
    """Better than persistence and plain LightGBM, a band that holds, and near what is possible."""
    ours = methods["commonwatt"]
    most = max(88.0, methods["best"]["covered"]) if case.bound else 88.0
    found = {
        f"RMSE below {case.persistence}'s": ours["skill"] > 0,
        "pinball below plain LightGBM's": ours["pinball"] < methods["LightGBM"]["pinball"],
        f"80 % band covers 72-{most:.0f} %": 72 <= ours["covered"] <= most,
    }
    if case.bound:
        gain = ours["skill"] / methods["best"]["skill"]
        found[f"at least 85 % of the possible skill ({100 * gain:.0f} %)"] = gain >= 0.85
    return found


def words(name: str, found: dict[str, Any]) -> str:
    """One series as a table."""
    lines = [f"\n{name}, known ahead: {found['known']}"]
    lines.append(
        f"  {'':14}{'MAE':>10}{'RMSE':>10}{'pinball':>10}{'skill':>8}{'in 80 %':>9}{'s':>7}"
    )
    lines += [
        f"  {method:14}{s['mae']:>10.4g}{s['rmse']:>10.4g}{s['pinball']:>10.4g}"
        f"{s['skill']:>8.3f}{s['covered']:>9.1f}{s['seconds']:>7.1f}"
        for method, s in found["methods"].items()
    ]
    lines += [f"  {'met' if ok else 'MISSED':<7}{what}" for what, ok in found["verdicts"].items()]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one of each kind, few origins")
    parser.add_argument("--only", default="", help="series whose name begins so")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    many, seeds = (8, 8) if asked.quick else (40, 40)
    made = {"pv": suns, "wind": winds, "ev": lambda n: hubs(n, seeds), "heat": heats}
    result = []
    wall, cpu = time.perf_counter(), time.process_time()
    for kind, make in made.items():
        if not kind.startswith(asked.only[: len(kind)]):
            continue
        cases = [c for c in make(many) if c.name.startswith(asked.only)]
        for case in cases[: 1 if asked.quick else None]:
            print(f"{case.name} …", file=sys.stderr)
            found = judged(case)
            result.append({"series": case.name, **found})
            if not asked.json:
                print(words(case.name, found), flush=True)
    if asked.json:
        print(json.dumps(result, indent=1))
        return
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"\n{wall:.0f} s, of which {cpu:.0f} s on the processor")


if __name__ == "__main__":
    main()
