"""Anybody's CSV or Parquet as a series on a regular grid, and what was odd about it, by line."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble import Series
from commonwatt.platform.forecast.sunlit import clear_sky

SHOWN = 3
FIRST_LINE = 2
FLAT_S = DAY_S // 4
FINEST_S = 60


@dataclass(frozen=True)
class Reading:
    """A file understood: the series, what its columns were taken for, and remarks on its data.

    `sky` (T,3) is the light of a cloudless sky where the place is known; its first column is the
    last of the weather.
    """

    series: Series
    time: str
    target: str
    weather: tuple[str, ...]
    remarks: tuple[str, ...]
    sky: F | None = None


def read(
    path: Path,
    *,
    time: str | None = None,
    target: str | None = None,
    zone: str = "UTC",
    weather: tuple[str, ...] = (),
    holidays: str | None = None,
    place: tuple[float, float] | None = None,
) -> Reading:
    """Read and lay on a grid; columns not named are guessed, and local hours told apart.

    A `place`, degrees north and east, adds the light of a cloudless sky to the weather.
    """
    frame = _frame(path)
    _zone(zone)
    time = _named(frame, time, path) if time else _time_column(frame, path)
    weather = tuple(_named(frame, column, path) for column in weather)
    target = (
        _named(frame, target, path) if target else _target_column(frame, {time, *weather}, path)
    )
    seconds, remarks = _seconds(frame[time], zone, path)
    values = np.column_stack([_numbers(frame[c]) for c in (target, *weather)])
    start, step, grid, said = _grid(seconds, values, path)
    series = Series(start, step, grid[:, 0], grid[:, 1:], np.zeros(len(grid)), zone)
    if holidays:
        free = _holidays(series, holidays)
        series = replace(series, holiday=free)
    sky = clear_sky(series, place) if place else None
    if sky is not None:
        series = replace(series, weather=np.column_stack([series.weather, sky[:, 0]]))
    notes = (*remarks, *said, *_oddities(series))
    return Reading(series, time, target, weather, notes, sky)


_SAMPLE = 10_000
"""Characters from which the decimal mark is told."""


def _frame(path: Path) -> pl.DataFrame:
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            return pl.read_parquet(path)
        head, _, rest = path.read_text("utf-8-sig", errors="replace").partition("\n")
        mark = max(",;\t", key=head.count)
        comma = mark == ";" and re.search(r"\d,\d", rest[:_SAMPLE]) is not None
        return pl.read_csv(
            path,
            separator=mark,
            decimal_comma=comma,
            infer_schema_length=None,
            truncate_ragged_lines=True,
        )
    except (OSError, pl.exceptions.PolarsError) as reason:
        raise InvalidInput(f"{path} cannot be read as a table: {reason}") from reason


def _zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise InvalidInput(f"--tz {zone}: no such time zone; say Europe/Berlin, say") from unknown


def _named(frame: pl.DataFrame, column: str, path: Path) -> str:
    if column not in frame.columns:
        raise InvalidInput(f"{path} has no column {column}; it has {', '.join(frame.columns)}")
    return column


def _time_column(frame: pl.DataFrame, path: Path) -> str:
    for column in frame.columns:
        if frame[column].dtype.is_temporal() or _parsed(frame[column]) is not None:
            return column
    raise InvalidInput(f"no column of {path} reads as time; name it with --time")


def _target_column(frame: pl.DataFrame, taken: set[str], path: Path) -> str:
    for column in frame.columns:
        if column not in taken and frame[column].dtype.is_numeric():
            return column
    raise InvalidInput(f"no column of {path} is numeric; name one with --target")


def _parsed(column: pl.Series) -> pl.Series | None:
    """A text column as times, or None when less than nine tenths of it read as such."""
    if column.dtype != pl.String:
        return None
    aware = column.str.contains(r"(?:Z|[+-]\d\d:?\d\d)\s*$").fill_null(value=False).mean()
    plain = column.str.strip_chars().str.replace("T", " ").str.replace(r"(:\d\d)\.\d+", "$1")
    if isinstance(aware, float) and aware > 0.5:
        plain = plain.str.replace("Z$", "+00:00")
        forms = ["%Y-%m-%d %H:%M:%S%:z", "%Y-%m-%d %H:%M%:z", "%Y-%m-%d %H:%M:%S%z"]
    else:
        days = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d"]
        forms = [f"{day}{clock}" for day in days for clock in (" %H:%M:%S", " %H:%M", "")]
    for form in forms:
        kind = pl.Datetime("us", "UTC") if "z" in form else pl.Datetime("us")
        found = plain.str.to_datetime(form, strict=False, time_unit="us").cast(kind)
        if found.null_count() <= 0.1 * len(found):
            return found
    return None


def _seconds(column: pl.Series, zone: str, path: Path) -> tuple[F, list[str]]:
    """(N,) epoch seconds, NaN where unreadable; naive times are local, repeated hours in order."""
    if column.dtype.is_integer():
        unit = 1000 if (column.max() or 0) > 1e11 else 1  # type: ignore[operator]
        return column.cast(pl.Float64).to_numpy() / unit, []
    times = column if column.dtype.is_temporal() else _parsed(column)
    if times is None:
        raise InvalidInput(f"column {column.name} of {path} does not read as time")
    times = times.cast(pl.Datetime("us", getattr(times.dtype, "time_zone", None)))
    remarks = _lines("unreadable times", np.flatnonzero(times.is_null().to_numpy()))
    if getattr(times.dtype, "time_zone", None):
        return times.dt.epoch("us").cast(pl.Float64).to_numpy() / 1e6, remarks
    early = times.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    late = times.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    first = early.dt.epoch("us").cast(pl.Float64).to_numpy() / 1e6
    second = late.dt.epoch("us").cast(pl.Float64).to_numpy() / 1e6
    never = np.flatnonzero(early.is_null().to_numpy() & ~times.is_null().to_numpy())
    remarks += _lines(f"times that {zone}'s clocks skip, left out", never)
    seen: Counter[float] = Counter()
    out = first.copy()
    for row in np.flatnonzero(first != second):
        if np.isfinite(first[row]):
            out[row] = second[row] if seen[first[row]] else first[row]
            seen[first[row]] += 1
    return out, remarks


def _numbers(column: pl.Series) -> F:
    found = column.cast(pl.Float64, strict=False).to_numpy().astype(float)
    return np.where(np.isfinite(found), found, np.nan)


def _grid(seconds: F, values: F, path: Path) -> tuple[int, int, F, list[str]]:
    line = np.flatnonzero(np.isfinite(seconds))
    if line.size < 3:
        raise InvalidInput(f"{path} has fewer than three rows with a readable time")
    order = line[np.argsort(seconds[line], kind="stable")]
    remarks = _lines("rows out of order, sorted", line[1:][np.diff(seconds[line]) < 0])
    stamp = seconds[order].astype(np.int64)
    steps = np.diff(stamp)
    sizes, counts = np.unique(steps[steps > 0], return_counts=True)
    if sizes.size == 0:
        raise InvalidInput(f"{path} has one time only; a series needs many")
    step = int(sizes[counts.argmax()])
    if not FINEST_S <= step <= DAY_S:
        raise InvalidInput(f"{path} has a value every {step} s; a step is a minute to a day")
    index = (stamp - stamp[0]) // step
    again = order[1:][np.diff(index) == 0]
    remarks += _lines("duplicate times, the first kept", again)
    grid = np.full((int(index[-1]) + 1, values.shape[1]), np.nan)
    kept, first = np.unique(index, return_index=True)
    grid[kept] = values[order[first]]
    remarks += _gaps(kept, order[first], step)
    empty = order[first][~np.isfinite(values[order[first], 0])]
    return int(stamp[0]), step, grid, remarks + _lines("rows without a value", empty)


def _gaps(kept: I, row: I, step: int) -> list[str]:
    holes = np.flatnonzero(np.diff(kept) > 1)
    if not holes.size:
        return []
    missing = int((np.diff(kept) - 1).sum())
    after = ", ".join(str(int(r) + FIRST_LINE) for r in row[holes[:SHOWN]])
    more = " …" if holes.size > SHOWN else ""
    return [
        f"{holes.size:,} gaps ({missing:,} steps of {step} s missing), after lines {after}{more}"
    ]


def _lines(what: str, rows: I) -> list[str]:
    if not rows.size:
        return []
    first = ", ".join(str(int(r) + FIRST_LINE) for r in rows[:SHOWN])
    return [f"{rows.size:,} {what}: line {first}{' …' if rows.size > SHOWN else ''}"]


def _oddities(series: Series) -> list[str]:
    """Flat stretches of six hours and more that are not zero, said with their time."""
    value, least = series.value, max(3, FLAT_S // series.step_s)
    same = np.concatenate([[False], (np.diff(value) == 0) & (value[1:] != 0), [False]])
    edges = np.flatnonzero(np.diff(same.astype(np.int8)))
    found = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a + 1 >= least]
    if not found:
        return []
    a, b = max(found, key=lambda span: int(span[1] - span[0]))
    when = datetime.fromtimestamp(int(series.time[a]), tz=UTC)
    return [
        f"{len(found):,} flat stretches, the longest {b - a + 1} steps from {when:%Y-%m-%d %H:%M}Z"
    ]


def _holidays(series: Series, country: str) -> F:
    """(T,) 1 on public holidays of a country (`AU`) or a part of one (`AU-VIC`)."""
    import holidays  # noqa: PLC0415 - its start-up is paid only here

    nation, _, part = country.partition("-")
    local = pl.from_epoch(pl.Series(series.time), time_unit="s").dt.replace_time_zone("UTC")
    days = local.dt.convert_time_zone(series.zone).dt.date()
    years = days.dt.year().unique().to_list()
    try:
        free = holidays.country_holidays(nation, subdiv=part or None, years=years)
    except NotImplementedError as unknown:
        raise InvalidInput(f"--holidays {country}: {unknown}") from unknown
    return days.is_in(list(free)).cast(pl.Float64).to_numpy()
