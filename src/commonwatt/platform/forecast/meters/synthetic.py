"""A fleet that nobody lives in, to try things out on: habits, weather, holidays, faults, by lot.

Every draw is a pure function of (seed, meter, moment), so any bucket of any size can be made alone.
Classes and shares are ours; nothing here is measured. Times of day are local.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.signal import lfilter

from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.forecast.meters.calendar import Calendar

CLASSES = ("home", "shop", "roof", "car", "heat pump")
"""A home, a shop or office, a home with a roof of its own power, with a car, with a heat pump."""
SHARES = (0.6, 0.2, 0.1, 0.05, 0.05)
_PEAKS = ((7.2, 1.6, 0.7), (12.5, 2.2, 0.5), (19.3, 2.3, 1.3))
"""Hour, width in hours and height of what homes do in the morning, at noon, in the evening."""


def temperature(calendar: Calendar, start: int, days: int, seed: int = 0) -> pa.Table:
    """Hourly temperature of a town from `start`: seasons, days and passing fronts, °C."""
    hours = start + 3600 * np.arange(24 * days)
    return pa.table({"time": _stamps(hours), "temperature_c": _celsius(calendar, hours, seed)})


def fleet(
    meters: I, calendar: Calendar, start: int, days: int, seed: int = 0, *, faulty: bool = True
) -> pa.Table:
    """Readings of some meters of the fleet: `series`, `time`, `value` in kWh, and `class`.

    Args:
        meters: (N,) numbers.
        calendar: step, zone and holidays.
        start: epoch seconds of the first reading.
        days: how many days.
        seed: decides everything.
        faulty: whether readings get lost and meters get stuck.
    """
    value, kind = lived(meters, calendar, start, days, seed)
    return metered(
        value, kind, meters=meters, calendar=calendar, start=start, seed=seed, faulty=faulty
    )


def lived(meters: I, calendar: Calendar, start: int, days: int, seed: int = 0) -> tuple[F, I]:
    """(N,K) kWh that meters which never fail would measure, and (N,) the number of their class."""
    times = _times(calendar, start, calendar.slots * days)
    load, kind = _lived(meters, calendar, times, seed)
    return np.round(load * calendar.step_s / 3600, 3), kind


def metered(
    value: F,
    kind: I,
    *,
    meters: I,
    calendar: Calendar,
    start: int,
    seed: int = 0,
    faulty: bool = True,
) -> pa.Table:
    """What `fleet` gives, from what was `lived`."""
    times = _times(calendar, start, value.shape[1])
    kept = np.ones(value.shape, dtype=np.bool_)
    if faulty:
        value, kept = _faults(value, meters, calendar, times, seed)
    n, k = np.nonzero(kept)
    names = pa.array([f"meter-{m:07d}" for m in meters.tolist()])
    classes = pa.array(CLASSES).take(pa.array(kind))
    return pa.table({
        "series": names.take(pa.array(n)),
        "time": _stamps(times).take(pa.array(k)),
        "value": value[kept],
        "class": classes.take(pa.array(n)),
    })  # fmt: skip


def _times(calendar: Calendar, start: int, count: int) -> I:
    return start + calendar.step_s * np.arange(count, dtype=np.int64)


def _lived(meters: I, calendar: Calendar, times: I, seed: int) -> tuple[F, I]:
    """(N,K) kW, and (N,) class."""
    rng, each = Rng(seed), meters[:, None]
    kind = np.searchsorted(np.cumsum(SHARES), rng.uniform("fleet.class", meters, 0))
    day, slot = calendar.place(times)
    hour = (slot + 0.5) * 24 / calendar.slots
    off = calendar.off(day)
    size = np.exp(0.6 * rng.normal("fleet.size", meters, 0))[:, None]
    celsius = _celsius(calendar, times, seed)
    mood = _fading(rng.normal("fleet.mood", each, np.unique(day)), 0.7)
    daily = np.exp(0.18 * mood)[:, day - day[0]]
    busy = np.where(
        (kind == 1)[:, None], _business(rng, each, hour, off), _household(rng, each, hour, off)
    )
    restless = _fading(rng.normal("fleet.noise", each, times // calendar.step_s), 0.5)
    load = size * busy * daily * np.exp(0.3 * restless)
    heats = np.where(kind == 4, 0.09, 0.012 * rng.uniform("fleet.heats", meters, 0))[:, None]
    load += heats * size * np.maximum(15.0 - celsius, 0) * (1 + 0.1 * restless)
    load += (kind == 3)[:, None] * _cars(rng, each, hour, day)
    load *= _moves(rng, each, day)
    load = np.where(_away(rng, each, day), 0.12 * size, load)
    load -= (kind == 2)[:, None] * _sun(rng, each, hour, day, calendar)
    return load, kind.astype(np.int64)


def _household(rng: Rng, each: I, hour: F, off: B) -> F:
    shape = np.full((each.shape[0], hour.size), 0.18)
    for k, (centre, width, height) in enumerate(_PEAKS):
        late = 0.9 * rng.normal("fleet.late", each, k) + 1.2 * off * (k == 0)
        tall = height * np.exp(0.5 * rng.normal("fleet.tall", each, k))
        more = 1 + off * (0.5 * (k == 1) + 0.1)
        apart = (hour - centre - late + 12) % 24 - 12
        shape += tall * more * np.exp(-((apart / width) ** 2))
    return shape


def _business(rng: Rng, each: I, hour: F, off: B) -> F:
    opens = 8 + 1.2 * rng.normal("fleet.opens", each, 0)
    closes = 18 + 1.5 * rng.normal("fleet.closes", each, 0)
    weekend = rng.uniform("fleet.weekend", each, 0) ** 2
    lit = 1 / (1 + np.exp(-3 * (hour - opens))) / (1 + np.exp(3 * (hour - closes)))
    found: F = 0.35 + 2.4 * lit * np.where(off, weekend, 1.0)
    return found


def _cars(rng: Rng, each: I, hour: F, day: I) -> F:
    """7 kW from some evening hour, on some days, for some hours."""
    comes = 18 + 1.5 * rng.normal("fleet.comes", each, day)
    needs = 1.0 + 2.5 * rng.uniform("fleet.needs", each, day)
    today = rng.uniform("fleet.charges", each, day) < 0.3 + 0.5 * rng.uniform("fleet.far", each, 0)
    within = np.clip(np.minimum(hour + 0.5 - comes, comes + needs - hour + 0.5), 0, 1)
    found: F = 7.0 * today * within
    return found


def _sun(rng: Rng, each: I, hour: F, day: I, calendar: Calendar) -> F:
    """What a roof of 2 to 8 kW makes under clouds that all roofs share."""
    season = np.cos(2 * np.pi * (day - 172) / 365.25)
    half = 6.0 + 1.8 * season
    clear = np.clip(np.cos(np.pi * (hour - 12.5) / (2 * half)), 0, None) ** 1.3
    clear *= (np.abs(hour - 12.5) < half) * (0.65 + 0.3 * season)
    cloud = _fading(rng.normal("fleet.cloud", 0, np.unique(day))[None], 0.5)[0]
    through = 1 / (1 + np.exp(-1.2 * cloud))[day - day[0]]
    gust = 0.12 * rng.normal("fleet.gust", 0, day * calendar.slots + hour.astype(np.int64))
    found: F = (2 + 6 * rng.uniform("fleet.roof", each, 0)) * clear * np.clip(through + gust, 0, 1)
    return found


def _moves(rng: Rng, each: I, day: I) -> F:
    """One meter in twelve changes its level for good within a quarter of a year."""
    when = day[0] + 1000 * rng.uniform("fleet.moves", each, 0)
    factor = np.exp(0.7 * rng.normal("fleet.moved", each, 0))
    return np.where(day >= when, factor, 1.0)


def _away(rng: Rng, each: I, day: I) -> B:
    """One week in twenty nobody is there."""
    found: B = rng.uniform("fleet.away", each, day // 7) < 0.05
    return found


def _faults(value: F, meters: I, calendar: Calendar, times: I, seed: int) -> tuple[F, B]:
    """Readings lost one by one and by the day, meters stuck for two days, values gone wild."""
    rng, each = Rng(seed), meters[:, None]
    day = times // DAY_S
    lost = rng.uniform("fleet.lost", each, times // calendar.step_s) < 0.004
    lost |= rng.uniform("fleet.dark", each, day) < 0.006
    stuck = rng.uniform("fleet.stuck", each, day // 2) < 0.001
    first = np.searchsorted(day // 2, day // 2)
    value = np.where(stuck, value[:, first], value)
    wild = rng.uniform("fleet.wild", each, times // calendar.step_s) < 1e-5
    return np.where(wild, 1000.0, value), ~lost


def _celsius(calendar: Calendar, times: I, seed: int) -> F:
    day, slot = calendar.place(times)
    hour = slot * 24 / calendar.slots
    weeks = np.arange(day[0] - 30, day[-1] + 2)
    front = _fading(Rng(seed).normal("fleet.front", 0, weeks)[None], 0.8)[0]
    passing = np.interp(day + hour / 24, weeks, front)
    season = -9.5 * np.cos(2 * np.pi * (day - 19) / 365.25)
    found: F = 10.0 + season + 3.5 * np.cos(2 * np.pi * (hour - 15) / 24) + 3.5 * passing
    return found


def _fading(shocks: F, keep: float) -> F:
    """(N,K) unit-variance memory of `shocks` along the last axis."""
    found: F = lfilter([np.sqrt(1 - keep**2)], [1, -keep], shocks, axis=-1)
    return found


def _stamps(times: I) -> pa.Array:
    return pa.array(1_000_000 * times, pa.timestamp("us", tz="UTC"))
