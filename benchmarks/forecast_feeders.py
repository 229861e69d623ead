"""Meters, feeders and a city that add up: how long it takes, in how much memory, what it is worth.

Synthetic meters as in `forecast_meters.py`, spread over feeders by lot. Every meter is forecast by
the fleet's model from readings with gaps and faults; every feeder and the city by a model of their
own, from measurements of their own, which do not fail: the sums of what the meters truly drew.
Variances of meters come from their bands, those of feeders from fourteen issues just past, and so
do the feeders' bands. One new day is then forecast, reconciled and compared with what came.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from forecast_meters import CALENDAR, DAYS, ORIGIN, SEED, START, STEPS, verdict

from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.hierarchy import around, feeders_and_city, reconciled
from commonwatt.platform.forecast.meters import FORECAST, Forecast, Weather, fit_fleet
from commonwatt.platform.forecast.meters.learning import LEVELS, learnt
from commonwatt.platform.forecast.meters.sample import Sample
from commonwatt.platform.forecast.meters.synthetic import lived, metered, temperature
from commonwatt.platform.forecast.partition import buckets_of, by_processes

PAST = 14
"""Issues that tell how far feeders' forecasts err."""
LEVEL = np.array(LEVELS)
OUTER = 2 * 1.2816
"""Standard deviations between the 10 % and the 90 % quantile of a normal distribution."""
FIRST = (ORIGIN - START) // 3600


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="2,000 meters on 20 feeders")
    options.add_argument("--json", action="store_true", help="one JSON object instead of words")
    options.add_argument("--meters", type=int, default=50_000)
    options.add_argument("--feeders", type=int, default=200)
    options.add_argument("--workers", type=int, default=2)
    asked = options.parse_args()
    meters, feeders = (2_000, 20) if asked.quick else (asked.meters, asked.feeders)
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), meters, feeders, asked.workers)
    print(json.dumps(found) if asked.json else told(found))


def measured(folder: Path, meters: int, feeders: int, workers: int) -> dict[str, Any]:
    """Everything, from what was lived to what reconciliation is worth."""
    began = time.perf_counter()
    total, truth = generate(folder / "in", meters, feeders, workers)
    weather = temperature(CALENDAR, START, DAYS + 2, SEED)
    lower, own = below(folder, weather, workers)
    upper, errors = above(total, Weather.of(weather))
    prepared_s, before_mb = time.perf_counter() - began, _peak_mb()
    used, began = time.process_time(), time.perf_counter()
    sums = feeders_and_city(feeder_of(np.arange(meters), feeders))
    variance = np.concatenate([own, np.mean(errors**2, axis=(0, 2))])
    both = reconciled(sums, lower, upper, variance)
    band = around(both.upper, errors, LEVEL)
    spent, clock = time.process_time() - used, time.perf_counter() - began
    came = total[:, FIRST : FIRST + STEPS]
    score = {
        "own": upper, "summed": np.asarray(sums @ lower), "reconciled": both.upper,
    }  # fmt: skip
    inside = (came >= band[0]) & (came <= band[-1])
    return {
        "synthetic": True, "meters": meters, "feeders": feeders, "prepared_s": prepared_s,
        "reconcile_cpu_s": spent, "reconcile_s": clock, "peak_rss_mb_before": before_mb,
        "peak_rss_mb": _peak_mb(), "gap": float(np.abs(both.upper - sums @ both.lower).max()),
        "feeders_mae_over_mean": {n: _share(t[:-1], came[:-1]) for n, t in score.items()},
        "city_mae_over_mean": {n: _share(t[-1:], came[-1:]) for n, t in score.items()},
        "meters_mae_over_mean": {"own": _share(lower, truth),
                                 "reconciled": _share(both.lower, truth)},
        "coverage_80_that_day": float(inside[:-1].mean()),
        "coverage_80": covered(errors[:, :-1]),
    }  # fmt: skip


def feeder_of(meters: np.ndarray, feeders: int) -> np.ndarray:
    """Which feeder each meter hangs on; the first ones make sure that none is empty."""
    lot = (Rng(SEED).uniform("feeders", meters, 0) * feeders).astype(np.int64)
    return np.where(meters < feeders, meters, lot)


def generate(
    folder: Path, meters: int, feeders: int, workers: int
) -> tuple[np.ndarray, np.ndarray]:
    """A fleet folder, (M,K) what feeders and city measured, and (N,H) what meters drew then."""
    size = min(1_000, meters // 4)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [(k, folder, min(size, meters - first), first, feeders)
                for k, first in enumerate(range(0, meters, size))]  # fmt: skip
        parts = list(pool.map(_write, *zip(*jobs, strict=True)))
    by_feeder = np.sum([total for total, _ in parts], axis=0)
    return np.vstack([by_feeder, by_feeder.sum(axis=0)]), np.concatenate([t for _, t in parts])


def _write(
    number: int, folder: Path, count: int, first: int, feeders: int
) -> tuple[np.ndarray, np.ndarray]:
    numbers = first + np.arange(count)
    value, kind = lived(numbers, CALENDAR, START, DAYS + 1, SEED)
    table = metered(value, kind, meters=numbers, calendar=CALENDAR, start=START, seed=SEED)
    path = folder / f"bucket={number:05d}" / "part-0.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path, compression="zstd")
    total = np.zeros((feeders, value.shape[1]))
    np.add.at(total, feeder_of(numbers, feeders), value)
    return total, value[:, FIRST : FIRST + STEPS]


def below(folder: Path, weather: pa.Table, workers: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,H) means of all meters, and (N,) the variance that their bands tell of."""
    model = fit_fleet(
        folder / "in", ORIGIN, STEPS, calendar=CALENDAR, weather=weather, workers=workers
    )
    function = Forecast(model, ORIGIN, STEPS, Weather.of(weather))
    by_processes(function, folder / "in", folder / "out", schema=FORECAST, workers=workers)
    files = [path for paths in buckets_of(folder / "out").values() for path in paths]
    value = np.concatenate([pq.read_table(f, columns=["value"])["value"].to_numpy() for f in files])
    rows = value.reshape(-1, STEPS, len(LEVELS) + 1)
    wide = (rows[..., len(LEVELS) - 1] - rows[..., 0]) / OUTER
    return rows[..., -1], np.mean(wide**2, axis=1)


def above(total: np.ndarray, weather: Weather) -> tuple[np.ndarray, np.ndarray]:
    """(M,H) means of feeders and city by their own model, and (K,M,H) its errors of late."""
    table = _table(total)
    origins = [ORIGIN - 86_400 * back for back in range(PAST, -1, -1)]
    lessons = Sample(CALENDAR, origins[0], STEPS, weather, 12, SEED)(table)
    model = learnt(lessons, CALENDAR, origins[0])
    said, errors = np.empty(0), []
    for origin in origins:
        answer = Forecast(model, origin, STEPS, weather)(table)["value"].to_numpy()
        said = answer.reshape(-1, STEPS, len(LEVELS) + 1)[..., -1]
        first = (origin - START) // 3600
        errors.append(total[:, first : first + STEPS] - said)
    return said, np.stack(errors[:-1])


def covered(errors: np.ndarray) -> float:
    """Share of errors (K,M,H) within the band that the other issues' errors make."""
    inside = []
    for k in range(errors.shape[0]):
        band = around(np.zeros(errors.shape[1:]), np.delete(errors, k, axis=0), LEVEL)
        inside.append((errors[k] >= band[0]) & (errors[k] <= band[-1]))
    return float(np.mean(inside))


def _table(total: np.ndarray) -> pa.Table:
    rows, hours = total.shape
    times = pa.array(1_000_000 * (START + 3600 * np.arange(hours)), pa.timestamp("us", tz="UTC"))
    return pa.table({
        "series": np.repeat([f"aggregate-{n:05d}" for n in range(rows)], hours),
        "time": times.take(pa.array(np.tile(np.arange(hours), rows))),
        "value": total.ravel(),
    })  # fmt: skip


def _share(said: np.ndarray, came: np.ndarray) -> float:
    return float(np.abs(said - came).sum() / np.abs(came).sum())


def told(found: dict[str, Any]) -> str:
    """The figures in words, with verdicts."""
    feeders, city = found["feeders_mae_over_mean"], found["city_mae_over_mean"]
    best = min(feeders["own"], feeders["summed"])
    lines = [
        f"{found['meters']:,} SYNTHETIC meters on {found['feeders']} feeders, hourly, a day ahead",
        f"reconciled in {found['reconcile_s']:.2f} s ({found['reconcile_cpu_s']:.2f} s of "  # noqa: ISC004 - one line
        f"processor), memory at peak {found['peak_rss_mb_before']:.0f} MB before and "
        f"{found['peak_rss_mb']:.0f} MB after; what came before took {found['prepared_s']:.0f} s",
        *(f"error of {name} over mean: " + ", ".join(f"{n} {v:.4f}" for n, v in score.items())
          for name, score in (("feeders", feeders), ("the city", city),
                              ("meters", found["meters_mae_over_mean"]))),
        verdict("largest gap between a sum and its parts", found["gap"], "<", 1e-6),
        verdict("feeders' error against the better of own and summed",
                feeders["reconciled"] / best, "<", 1.0),
        f"feeders' 80 % interval covers {found['coverage_80_that_day']:.0%} of that day",
        verdict("over fourteen days, each by the others' errors, at least",
                found["coverage_80"], ">", 0.72),
        verdict("and at most", found["coverage_80"], "<", 0.88),
    ]  # fmt: skip
    return "\n".join(lines)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
