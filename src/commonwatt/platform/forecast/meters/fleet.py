"""A fleet from folder to folder: learn once a week, forecast every day, a bucket at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from commonwatt.kernel.errors import InvalidInput, NotFound
from commonwatt.platform.forecast.meters.calendar import Calendar
from commonwatt.platform.forecast.meters.forecast import FORECAST, Forecast
from commonwatt.platform.forecast.meters.learning import LEVELS, learnt
from commonwatt.platform.forecast.meters.model import FleetModel
from commonwatt.platform.forecast.meters.sample import Sample
from commonwatt.platform.forecast.meters.weather import Weather
from commonwatt.platform.forecast.partition import buckets_of, engine, regrouped
from commonwatt.platform.forecast.partition.buckets import whole
from commonwatt.platform.forecast.partition.processes import COLUMNS, asked, mapped

TAUGHT = 6_000
"""Meters to learn from: more teach a fleet of any size nothing new."""
PER_ORIGIN = 6
"""Lessons of a meter at an origin: 6,000 meters × 28 origins × 6 are a million."""
ROWS = 2_500_000
"""Readings of a bucket that regrouping aims at."""


def fit_fleet(
    folder: Path,
    origin: int,
    steps: int,
    *,
    calendar: Calendar,
    weather: pa.Table | None = None,
    levels: Sequence[float] = LEVELS,
    workers: int = 2,
    seed: int = 0,
) -> FleetModel:
    """Learn from as many buckets of a fleet folder as hold TAUGHT meters.

    Args:
        folder: `bucket=NNN/*.parquet` of whole series, dealt by lot (`regrouped` does).
        origin: epoch seconds; nothing at or after it is looked at.
        steps: readings ahead that will be asked for.
        calendar: step, zone and holidays.
        weather: `time`, `temperature_c` and, for forecasts, `issued_at`.
        levels: quantiles, rising, 0.5 among them.
        workers: processes.
        seed: decides which lessons are drawn.
    """
    known = None if weather is None else Weather.of(weather)
    sample = Sample(calendar, origin, steps, known, PER_ORIGIN, seed)
    lessons: list[pa.Table] = []
    meters: set[int] = set()
    for table in _sampled(folder, sample, workers):
        lessons.append(table)
        meters.update(pc.unique(table["series"]).to_pylist())
        if len(meters) >= TAUGHT:
            break
    if not lessons:
        msg = f"{folder} holds no bucket=*/*.parquet; group the files with `regrouped` first"
        raise NotFound(msg)
    return learnt(pa.concat_tables(lessons), calendar, origin, levels, seed)


def forecast_fleet(
    folder: str | Path,
    out: str | Path,
    *,
    origin: int | None = None,
    steps: int | None = None,
    zone: str = "UTC",
    holidays: Iterable[date] = (),
    weather: pa.Table | None = None,
    model: FleetModel | None = None,
    levels: Sequence[float] = LEVELS,
    by: str = "processes",
    workers: int = 2,
    seed: int = 0,
) -> FleetModel:
    """Forecast every meter of a folder of Parquet files.

    Args:
        folder: files with `series`, `time` (with a zone), `value` and, if there are several
            customer classes, `class`. Files that are not grouped as `bucket=*/` are, under `out`.
        out: gets `forecast/bucket=*/*.parquet` (columns of FORECAST) and `model.json`.
        origin: epoch seconds at which the forecast is issued; after the last reading if not given.
        steps: readings ahead; a day if not given.
        zone: civil time zone of the meters.
        holidays: days lived as Sundays.
        weather: `time`, `temperature_c` and, for forecasts, `issued_at`.
        model: of an earlier call, up to a week old; learnt anew if not given.
        levels: quantiles, rising, 0.5 among them.
        by: engine: "processes", "ray" or "spark".
        workers: processes, or cores of a Ray started here.
        seed: decides which lessons are drawn.

    Returns:
        The model that served, to be handed to tomorrow's call.

    Raises:
        InvalidInput: the files cannot be used; the sentence names what is wrong.
    """
    run = engine(by)
    source, target = Path(folder), Path(out)
    if not buckets_of(source):
        source = regrouped(source, target / "readings", _buckets(source))
    step_s, last = _rhythm(source)
    at = last + step_s if origin is None else origin
    if model is None:
        days = frozenset((day - date(1970, 1, 1)).days for day in holidays)
        calendar = Calendar(step_s, zone, days)
        ahead = steps or calendar.slots
        model = fit_fleet(
            source, at, ahead, calendar=calendar, weather=weather, levels=levels, workers=workers,
            seed=seed,
        )  # fmt: skip
    elif model.learnt_at > at:
        msg = "the model has learnt from readings after the origin; hand over an older one"
        raise InvalidInput(msg)
    target.mkdir(parents=True, exist_ok=True)
    model.save(target / "model.json")
    known = None if weather is None else Weather.of(weather)
    function = Forecast(model, at, steps or model.calendar.slots, known)
    run(function, source, target / "forecast", schema=FORECAST, workers=workers)
    return model


def _sampled(folder: Path, sample: Sample, workers: int) -> Iterable[pa.Table]:
    jobs = [(files,) for files in buckets_of(folder).values()]
    if workers == 1 or len(jobs) == 1:
        return (sample(whole(files, COLUMNS)) for (files,) in jobs)
    return mapped(asked, jobs, sample, workers)


def _buckets(source: Path) -> int:
    files = [source] if source.is_file() else sorted(source.rglob("*.parquet"))
    rows = sum(int(pq.read_metadata(path).num_rows) for path in files)
    return max(-(-rows // ROWS), 1)


def _rhythm(folder: Path) -> tuple[int, int]:
    """Seconds between readings, and the last reading of the first bucket, epoch seconds."""
    files = next(iter(buckets_of(folder).values()))
    table = whole(files, ["series", "time"])
    times = pc.unique(table["time"].cast(pa.timestamp("us", table["time"].type.tz)))
    seconds = np.sort(times.cast(pa.int64()).to_numpy() // 1_000_000)
    if seconds.size < 2:
        msg = f"{files[0]} holds fewer than two moments; give the readings of five weeks"
        raise InvalidInput(msg)
    apart, often = np.unique(np.diff(seconds), return_counts=True)
    return int(apart[often.argmax()]), int(seconds[-1])
