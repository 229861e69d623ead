"""A fleet of synthetic meters forecast a day ahead: how fast, in how much memory, how well.

The meters are generated (`commonwatt.platform.forecast.meters.synthetic`): five customer classes
with habits, holidays of their own, weather, gaps, stuck meters and wild readings. Nobody lives in
them, so the figures tell of speed and of ratios between methods, not of any real city. The
temperature is the actual one (ex-post). Peers in the same run, on the same readings: weekly naive,
the 4-week mean, and one LightGBM per meter, which is given our features.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from commonwatt.platform.forecast.meters import (
    FORECAST,
    Calendar,
    FleetModel,
    Forecast,
    Weather,
    fit_fleet,
)
from commonwatt.platform.forecast.meters.calendar import Ahead
from commonwatt.platform.forecast.meters.design import LOOK_BACK, design, truth
from commonwatt.platform.forecast.meters.history import Block, block
from commonwatt.platform.forecast.meters.synthetic import fleet, temperature
from commonwatt.platform.forecast.partition import buckets_of, by_processes
from commonwatt.platform.forecast.partition.buckets import whole
from commonwatt.platform.forecast.partition.processes import COLUMNS

CALENDAR = Calendar(3600, "Europe/Berlin")
START, DAYS, ISSUES, STEPS, SEED = 1_736_031_600, 84, 7, 24, 1
"""From 2025-01-05 local midnight, so that the last weeks hold the change to summer time."""
ORIGIN = START + 86_400 * DAYS - 3600
MILLION, MINUTES = 1_000_000, 10.0
WANTED = (0.72, 0.88)
STEPS_TOLD = (
    ("reading a file", "read"), ("cleaning", "clean"), ("features of a day", "feature"),
    ("prediction of a day", "predict"), ("the whole function", "function"), ("writing", "write"),
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="2,000 meters: about a minute")
    options.add_argument("--json", action="store_true", help="one JSON object instead of words")
    options.add_argument("--meters", type=int, default=50_000)
    options.add_argument("--sample", type=int, default=40, help="meters that get a model each")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--bucket", type=int, default=1_000, help="meters in a file")
    asked = options.parse_args()
    meters, sample = (2_000, 12) if asked.quick else (asked.meters, asked.sample)
    with tempfile.TemporaryDirectory() as folder:
        size = min(asked.bucket, meters // 4)
        found = measured(Path(folder), meters, size, sample, asked.workers)
    print(json.dumps(found) if asked.json else told(found))


def measured(folder: Path, meters: int, size: int, sample: int, workers: int) -> dict[str, Any]:
    """Everything, from generated readings to verdicts."""
    generated = _timed(lambda: generate(folder / "in", meters, size, workers))[0]
    weather = temperature(CALENDAR, START, DAYS + ISSUES + 1, SEED)
    before = _cpu() + time.process_time()
    fit_s, model = _timed(
        lambda: fit_fleet(
            folder / "in", ORIGIN, STEPS, calendar=CALENDAR, weather=weather, workers=workers
        )
    )
    fit_cpu_s = _cpu() + time.process_time() - before
    trainer = _peak_mb()
    known = Weather.of(weather)
    function = Forecast(model, ORIGIN, STEPS, known)
    found = {
        "synthetic": True, "meters": meters, "meters_per_bucket": size, "workers": workers,
        "generate_s": generated, "train_s": fit_s, "train_cpu_s": fit_cpu_s,
        "lessons": model.lessons, "peak_rss_mb_trainer": trainer,
        "model_mb": len(model.text()) / 1e6,
        "coverage_kept_apart": {name: lore.coverage for name, lore in model.lore.items()},
    }  # fmt: skip
    found |= speed(folder, function, meters, workers)
    first = buckets_of(folder / "in")["bucket=00000"]
    found |= steps(first, folder, function)
    two = pa.concat_tables(map(pq.read_table, sorted(folder.glob("in/*/*.parquet"))[:2]))
    found |= quality(two, model, known) | peers(two, model, known, sample)
    return found | million(found)


def speed(folder: Path, function: Forecast, meters: int, workers: int) -> dict[str, float]:
    """The whole fleet, files in and files out, by a pool of processes."""
    used, began, watched = _cpu(), time.perf_counter(), Watched(function, folder)
    by_processes(watched, folder / "in", folder / "out", schema=FORECAST, workers=workers)
    run_s, cpu_s = time.perf_counter() - began, _cpu() - used
    first, last = ([json.loads(path.read_text()) for path in sorted(folder.glob(f"*.{name}"))]
                   for name in ("first", "last"))  # fmt: skip
    start_s = float(np.mean([note["at"] for note in first])) - began
    rest = meters - sum(note["meters"] for note in first)
    worked = sum(z["cpu_s"] - a["cpu_s"] for a, z in zip(first, last, strict=True))
    return {
        "run_s": run_s, "run_cpu_s": cpu_s, "start_s": start_s,
        "start_cpu_s": sum(note["cpu_s"] for note in first),
        "series_per_s": rest / (max(note["at"] for note in last) - began - start_s),
        "series_per_cpu_s": rest / worked,
        "peak_rss_mb_worker": max(note["peak_mb"] for note in last),
    }  # fmt: skip


def million(found: dict[str, Any]) -> dict[str, float]:
    """Seconds for a million meters: training, a start, and as many series as were measured."""
    workers = found["workers"]
    clock = found["train_s"] + found["start_s"] + MILLION / found["series_per_s"]
    work = found["train_cpu_s"] + found["start_cpu_s"] + MILLION / found["series_per_cpu_s"]
    return {"million_min": clock / 60, "million_min_free_cores": work / workers / 60}


class Watched:
    """A function that notes when its process was through its first bucket, and its last."""

    def __init__(self, function: Forecast, folder: Path) -> None:
        self.function, self.folder = function, folder

    def __call__(self, table: pa.Table) -> pa.Table:
        """The function's answer."""
        answer = self.function(table)
        note = json.dumps({
            "at": time.perf_counter(), "cpu_s": time.process_time(), "peak_mb": _peak_mb(),
            "meters": len(pc.unique(answer["series"])),
        })  # fmt: skip
        first = self.folder / f"{os.getpid()}.first"
        for path in (first.with_suffix(".last"), *([] if first.exists() else [first])):
            path.write_text(note)
        return answer


def generate(folder: Path, meters: int, size: int, workers: int) -> None:
    """A fleet folder of synthetic meters, the week to be forecast included."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [(k, folder, min(size, meters - first), first)
                for k, first in enumerate(range(0, meters, size))]  # fmt: skip
        list(pool.map(_write, *zip(*jobs, strict=True)))


def _write(number: int, folder: Path, count: int, first: int) -> None:
    table = fleet(first + np.arange(count), CALENDAR, START, DAYS + ISSUES, SEED)
    path = folder / f"bucket={number:05d}" / "part-0.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path, compression="zstd")


def steps(files: list[Path], folder: Path, function: Forecast) -> dict[str, float]:
    """Series per second of processor, step by step, on one bucket in this process."""
    model, weather = function.model, function.weather
    ahead = Ahead.at(CALENDAR, ORIGIN, STEPS)
    whole(files, COLUMNS)  # once in vain: the disk is not what is measured
    read_s, table = _worked(lambda: whole(files, COLUMNS))
    block(table, CALENDAR, ORIGIN, LOOK_BACK + 7)
    clean_s, past = _worked(lambda: block(table, CALENDAR, ORIGIN, LOOK_BACK + 7))
    celsius = weather.seen(CALENDAR, ORIGIN, past.first, past.value.shape[1] + 2)
    feature_s, seen = _worked(lambda: design(past, ahead, celsius))
    lore, x = model.of("home"), seen.x
    lore.halfway(x[:1]), lore.expected(x[:1])
    predict_s, _ = _worked(lambda: (lore.halfway(x), lore.expected(x)))
    function(table)
    all_s, answer = _worked(lambda: function(table))
    write_s, _ = _worked(lambda: pq.write_table(answer, folder / "one.parquet", compression="zstd"))
    spent = {"read": read_s, "clean": clean_s, "feature": feature_s, "predict": predict_s,
             "function": all_s, "write": write_s}  # fmt: skip
    return {f"{name}_series_per_cpu_s": len(past.series) / s for name, s in spent.items()}


def quality(table: pa.Table, model: FleetModel, weather: Weather) -> dict[str, Any]:
    """Errors over a week of daily issues by the model learnt before it, on one bucket."""
    score: dict[str, list[float]] = {"ours": [], "weekly naive": [], "4-week mean": []}
    inside, total, mean, weight = [], [], [], []
    for day in range(ISSUES):
        origin = ORIGIN + 86_400 * day
        answer = Forecast(model, origin, STEPS, weather)(table)
        past, after = _around(table, origin)
        actual = truth(after, Ahead.at(CALENDAR, origin, STEPS), np.ones(len(after.series)))
        sane = np.where(actual > 500, np.nan, actual)
        seen = design(past, Ahead.at(CALENDAR, origin, STEPS), None)
        low, middle, high, average = answer["value"].to_numpy().reshape(*actual.shape, 4).T
        ours = {"ours": middle.T, "weekly naive": seen.naive * seen.scale[:, None],
                "4-week mean": seen.profile * seen.scale[:, None]}  # fmt: skip
        for name, guess in ours.items():
            score[name].append(float(np.nansum(np.abs(guess - sane))))
        good = np.isfinite(sane)
        inside.append(float(((sane >= low.T) & (sane <= high.T))[good].mean()))
        weight.append(float(np.nansum(np.abs(sane))))
        mean.append(float(average.T[good].sum()))
        total.append(float(np.nansum(sane)))
        if day == 0:
            names = np.array([m.rsplit(" ", 1)[0] for m in answer["model"].to_pylist()])
            served = dict(zip(*np.unique(names, return_counts=True), strict=True))
            share = {name: float(n / names.size) for name, n in served.items()}
    return {
        "mae_over_mean": {name: sum(off) / sum(weight) for name, off in score.items()},
        "coverage_80": float(np.mean(inside)), "coverage_80_by_day": inside,
        "sum_of_means_over_truth": sum(mean) / sum(total), "served_by": share,
    }  # fmt: skip


def peers(table: pa.Table, model: FleetModel, weather: Weather, sample: int) -> dict[str, Any]:
    """One LightGBM per meter beside the global model, on the same meters and week."""
    names = sorted(pc.unique(table["series"]).to_pylist())
    few = names[:: max(len(names) // sample, 1)][:sample]
    some = table.filter(pc.is_in(table["series"], pa.array(few)))
    past, _ = _around(some, ORIGIN, DAYS)
    celsius = weather.seen(CALENDAR, ORIGIN, past.first, past.value.shape[1] + 2)
    ahead = Ahead.at(CALENDAR, ORIGIN, STEPS)
    lessons = [ahead.before(back, CALENDAR.slots, ahead.lead) for back in range(1, DAYS - 15)]
    taught = [(design(past, then, celsius), then) for then in lessons]
    x = np.concatenate([seen.x for seen, _ in taught], axis=1)
    y = np.concatenate([truth(past, then, s.scale) for s, then in taught], axis=1)
    spent, boosters = _worked(lambda: [_own(x[n], y[n]) for n in range(len(few))])
    off: dict[str, float] = dict.fromkeys(("per-meter", "ours", "weekly naive"), 0.0)
    weight = 0.0
    for day in range(ISSUES):
        origin = ORIGIN + 86_400 * day
        then = Ahead.at(CALENDAR, origin, STEPS)
        past, after = _around(some, origin)
        warm = weather.seen(CALENDAR, origin, past.first, past.value.shape[1] + 2)
        seen = design(past, then, warm)
        actual = truth(after, then, np.ones(len(few)))
        actual = np.where(actual > 500, np.nan, actual)
        said = np.stack([boosters[n].predict(seen.x[n]) for n in range(len(few))])
        answer = Forecast(model, origin, STEPS, weather)(some)
        middle = answer["value"].to_numpy().reshape(*actual.shape, 4)[..., 1]
        unit = seen.scale[:, None]
        for name, guess in (("per-meter", said * unit), ("ours", middle),
                            ("weekly naive", seen.naive * unit)):  # fmt: skip
            off[name] += float(np.nansum(np.abs(guess - actual)))
        weight += float(np.nansum(np.abs(actual)))
    return {
        "sample": len(few), "per_meter_series_per_cpu_s": len(few) / spent,
        "sample_mae_over_mean": {name: value / weight for name, value in off.items()},
    }  # fmt: skip


def _own(x: np.ndarray, y: np.ndarray) -> lightgbm.Booster:
    known = np.isfinite(y)
    dials = {"objective": "l1", "num_threads": 1, "verbosity": -1, "deterministic": True, "seed": 0}
    return lightgbm.train(dials, lightgbm.Dataset(x[known], y[known]), 100)


def _around(table: pa.Table, origin: int, days: int = LOOK_BACK) -> tuple[Block, Block]:
    """What was known at `origin`, and what a day and a bit later."""
    return block(table, CALENDAR, origin, days), block(table, CALENDAR, origin + 90_000, days)


def told(found: dict[str, Any]) -> str:
    """The figures in words, with verdicts."""
    wide, few = found["mae_over_mean"], found["sample_mae_over_mean"]
    faster = found["series_per_cpu_s"] / found["per_meter_series_per_cpu_s"]
    work = "series per second of processor"
    lines = [
        f"{found['meters']:,} SYNTHETIC meters, hourly, a day ahead, {found['workers']} processes",
        f"training, once a week   {found['train_s']:8.1f} s ({found['train_cpu_s']:.0f} s of "  # noqa: ISC004 - one line
        f"processor) on {found['lessons']:,} readings",
        *(f"{name:24}{found[f'{key}_series_per_cpu_s']:8,.0f} {work}" for name, key in STEPS_TOLD),
        f"all, with a week's backtest, files in and out {found['series_per_s']:8,.0f} series/s "  # noqa: ISC004 - one line
        f"by the clock, {found['series_per_cpu_s']:,.0f} {work} "
        f"({found['run_s']:.0f} s, {found['run_cpu_s']:.0f} s of processor, the first "
        f"{found['start_s']:.1f} s to start and for a first bucket each)",
        f"a million: {found['train_s']:.0f} s of training + {found['start_s']:.0f} s to start + "  # noqa: ISC004 - one line
        f"1,000,000 / {found['series_per_s']:,.0f} series/s = {60 * found['million_min']:.0f} s; "
        f"by processor time on {found['workers']} free cores "
        f"{60 * found['million_min_free_cores']:.0f} s",
        f"a LightGBM per meter    {found['per_meter_series_per_cpu_s']:8,.1f} {work}, by training "  # noqa: ISC004 - one line
        f"alone: {faster:,.0f}x as long",
        f"memory at peak          {found['peak_rss_mb_worker']:8,.0f} MB a worker, "  # noqa: ISC004 - one line
        f"{found['peak_rss_mb_trainer']:,.0f} MB where it is learnt, at any number of meters",
        "mean absolute error over mean, 7 issues: "
        + ", ".join(f"{name} {value:.3f}" for name, value in wide.items()),
        f"the same on {found['sample']} meters: "
        + ", ".join(f"{name} {value:.3f}" for name, value in few.items()),
        f"the sum of means is {found['sum_of_means_over_truth']:.3f} of the true sum",
        verdict("a million meters in minutes by the clock", found["million_min"], "<", MINUTES),
        verdict("the same by processor time", found["million_min_free_cores"], "<", MINUTES),
        verdict("error against weekly naive", wide["ours"] / wide["weekly naive"], "<", 0.8),
        verdict("error against the 4-week mean", wide["ours"] / wide["4-week mean"], "<", 1.0),
        verdict("error against per-meter", few["ours"] / few["per-meter"], "<", 1.0),
        verdict("the 80 % interval covers at least", found["coverage_80"], ">", WANTED[0]),
        verdict("the 80 % interval covers at most", found["coverage_80"], "<", WANTED[1]),
    ]
    return "\n".join(lines)


def verdict(what: str, value: float, side: str, bound: float) -> str:
    """One line: what was wanted, what was found."""
    met = value < bound if side == "<" else value > bound
    return f"{'met   ' if met else 'MISSED'}  {what}: {value:.2f} (wanted {side} {bound:g})"


def _timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = work()
    return time.perf_counter() - began, answer


def _worked(work: Any) -> tuple[float, Any]:
    began = time.process_time()
    answer = work()
    return time.process_time() - began, answer


def _peak_mb() -> float:
    """The most memory this program held; rusage would count what its parent held before it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return float(status.split("VmHWM:")[1].split()[0]) / 1024


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
