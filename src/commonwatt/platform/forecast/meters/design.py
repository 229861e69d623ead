"""What the model looks at: each reading ahead, in units of its meter's own trailing mean.

Nothing here sees a reading at or after the origin: windows end, slot by slot, where knowledge ends,
and lags reach back to days whose slot has passed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.units import B, F, I
from commonwatt.platform.forecast.meters.calendar import Ahead
from commonwatt.platform.forecast.meters.history import Block

WINDOW = 28
"""Days of the trailing mean."""
WEEKS = 4
LOOK_BACK = WINDOW + 14
"""Days of history that one origin can use, for horizons of up to two weeks."""
FEATURES = (
    "hour", "weekday", "holiday", "lead_h",
    "near", "near_2", "near_3", "week", "week_2", "profile", "kind_mean",
    "slot_mean", "around", "newest_mean", "like",
    "last_day", "last_week", "lately", "log_size", "load_factor", "off_ratio", "night_ratio",
    "spread", "warmth", "warmth_day", "warmer_than_week", "heating",
)  # fmt: skip
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Design:
    """N meters at one origin, H readings ahead; all but `scale` in units of `scale`.

    Attributes:
        x: (N,H,P) the columns of FEATURES.
        profile: (N,H) mean of the same slot and weekday of four weeks.
        naive: (N,H) the newest week's.
        off: (H,) whether each target lies on a weekend or holiday, 0 or 1.
        slot: (H,) slot of the day of each target.
        scale: (N,) trailing mean size; 0 where nothing was measured.
        spread: (N,) how much a reading differs from a week before, on average.
        days: (N,) days' worth of readings within the trailing window.
    """

    x: NDArray[np.float32]
    profile: F
    naive: F
    off: I
    slot: I
    scale: F
    spread: F
    days: F

    def only(self, rows: I) -> Design:
        """The same for some meters."""
        return Design(
            x=self.x[rows],
            profile=self.profile[rows],
            naive=self.naive[rows],
            off=self.off,
            slot=self.slot,
            scale=self.scale[rows],
            spread=self.spread[rows],
            days=self.days[rows],
        )


@dataclass(frozen=True, eq=False)
class _Trail:
    """Means over the days before an origin, (N,D) by slot or (N,), relative to `scale`."""

    end: I
    scale: F
    unit: F
    slot_mean: F
    on_mean: F
    off_mean: F
    days: F


def design(block: Block, ahead: Ahead, celsius: F | None) -> Design:
    """The features of every meter of `block` at the targets `ahead`.

    Args:
        block: history; may hold more than `ahead`'s origin may see, which is not looked at.
        ahead: origin and targets.
        celsius: (≥Y,D) temperature from the block's first day on, as known at the origin.
    """
    trail = _trail(block, ahead)
    day, slot = ahead.days - block.first, ahead.slots
    off = block.calendar.off(ahead.days)
    kind = np.where(off, trail.off_mean[:, slot], trail.on_mean[:, slot])
    newest = trail.end[slot] - 1
    weeks = 7 * -(-(day - newest) // 7)
    lags = np.stack([_at(block, day - weeks - 7 * k, slot) for k in range(WEEKS)]) / trail.unit
    profile = _or(_mean(lags), kind)
    naive = _or(lags[0], profile)
    near = [_or(_at(block, newest - k, slot) / trail.unit, kind) for k in range(3)]
    spread = _spread(block, trail, ahead)
    lately, last_day, last_week = _level(block, trail, ahead)
    around = (trail.slot_mean[:, slot - 1] + trail.slot_mean[:, (slot + 1) % _slots(block)]) / 2
    per_meter = [last_day, last_week, lately, np.log(trail.unit[:, 0]),
                 *_habits(block, trail, ahead), spread]  # fmt: skip
    per_target = [
        slot * (24.0 / _slots(block)), block.calendar.weekday(ahead.days),
        block.calendar.holiday(ahead.days), ahead.lead * (block.calendar.step_s / 3600),
    ]  # fmt: skip
    shape = (len(block.series), day.size)
    columns = [
        *per_target, *near, naive, _or(lags[1], profile), profile, kind,
        trail.slot_mean[:, slot], around, *_newest(block, trail, ahead),
        *(c[:, None] for c in per_meter),
        *_warmth(block, trail, ahead, weeks, celsius),
    ]  # fmt: skip
    x = np.stack([np.broadcast_to(c, shape) for c in columns], axis=2, dtype=np.float32)
    return Design(x, profile, naive, off.astype(np.int64), slot, trail.scale, spread, trail.days)


def truth(block: Block, ahead: Ahead, scale: F) -> F:
    """(N,H) what `block` holds at the targets, in units of `scale`; NaN where it holds nothing."""
    return _at(block, ahead.days - block.first, ahead.slots) / _unit(scale)


def _trail(block: Block, ahead: Ahead) -> _Trail:
    origin = ahead.day - block.first
    end = origin + (np.arange(_slots(block)) < ahead.slot)
    total, known = _ending(block.total, end), _ending(block.known, end)
    size = _ending(block.size, end).sum(axis=1)
    free, free_known = _ending(block.off_total, end), _ending(block.off_known, end)
    readings = known.sum(axis=1)
    scale = size / np.maximum(readings, 1)
    unit = _unit(scale)
    overall = total.sum(axis=1, keepdims=True) / np.maximum(readings, 1)[:, None] / unit
    slot_mean = _or(_ratio(total, known) / unit, overall)
    on_mean = _or(_ratio(total - free, known - free_known) / unit, slot_mean)
    off_mean = _or(_ratio(free, free_known) / unit, slot_mean)
    return _Trail(end, scale, unit, slot_mean, on_mean, off_mean, readings / _slots(block))


def _newest(block: Block, trail: _Trail, ahead: Ahead) -> tuple[F, F]:
    """(N,H) mean of the same slot in the last week, and the newest reading of a day of its kind."""
    total, known = _ending(block.total, trail.end, 7), _ending(block.known, trail.end, 7)
    mean = _or(_ratio(total, known) / trail.unit, trail.slot_mean)[:, ahead.slots]
    off = block.calendar.off(block.days)
    newest = trail.end[ahead.slots] - 1
    wanted = block.calendar.off(ahead.days).tolist()
    alike = [_latest(off, day, kind) for day, kind in zip(newest.tolist(), wanted, strict=True)]
    like = _at(block, np.array(alike, dtype=np.int64), ahead.slots) / trail.unit
    return mean, _or(like, mean)


def _latest(off: B, day: int, kind: bool) -> int:
    """The last day up to `day` that is a day off, or a workday, as asked; -1 if none is."""
    found = np.flatnonzero(off[: max(day + 1, 0)] == kind)
    return int(found[-1]) if found.size else -1


def _habits(block: Block, trail: _Trail, ahead: Ahead) -> list[F]:
    """Load factor, weekend ratio and night ratio, (N,) each."""
    origin = ahead.day - block.first
    days = slice(max(origin - WINDOW, 0), origin)
    peak = _mean(block.peak[:, days].T)
    load = 1 / np.maximum(_or(peak / trail.unit[:, 0], np.ones(1)), 0.05)
    night = trail.slot_mean[:, : max(_slots(block) // 4, 1)].mean(axis=1)
    weekend = trail.off_mean.mean(axis=1) - trail.on_mean.mean(axis=1)
    return [load, weekend, night]


def _level(block: Block, trail: _Trail, ahead: Ahead) -> tuple[F, F, F]:
    """How the last three hours, the last day and the last week lie to what was usual then, (N,)."""
    slots = _slots(block)
    some = max(3 * slots // 24, 1)
    back = np.arange(ahead.slot - some, ahead.slot)
    recent = _at(block, ahead.day - block.first + back // slots, back % slots) / trail.unit
    usual = trail.slot_mean[:, back % slots]
    lately = np.nan_to_num(_mean((recent - usual).T))
    day = _mean_over(block, trail, 1)
    return lately, _or(day, np.ones(1)), _or(_mean_over(block, trail, 7), np.ones(1))


def _mean_over(block: Block, trail: _Trail, days: int) -> F:
    total = _ending(block.total, trail.end, days).sum(axis=1)
    known = _ending(block.known, trail.end, days).sum(axis=1)
    return _ratio(total, known) / trail.unit[:, 0]


def _spread(block: Block, trail: _Trail, ahead: Ahead) -> F:
    """(N,) mean difference to a week before, leaning on 0.5 where little is known."""
    origin = ahead.day - block.first
    start = max(origin - WINDOW, 0)
    apart, told = (x[:, origin] - x[:, start] for x in block.unlike)
    few = float(_slots(block))
    found: F = (apart / trail.unit[:, 0] + 0.5 * few) / (told + few)
    return np.maximum(found, 0.01)


def _warmth(block: Block, trail: _Trail, ahead: Ahead, weeks: I, celsius: F | None) -> list[F]:
    """Temperature now, over the day, against the week before, and what it does to each meter."""
    none = np.zeros(1)
    if celsius is None or not np.isfinite(celsius).any():
        return [none, none, none, none]
    warm = _persisting(celsius)
    slots = _slots(block)
    line = np.cumsum(np.concatenate([np.zeros(1), warm.ravel()]))
    where = (ahead.days - block.first) * slots + ahead.slots
    over = (line[where + 1] - line[np.maximum(where + 1 - slots, 0)]) / slots
    now = warm.ravel()[where]
    before = warm.ravel()[np.maximum(where - weeks * slots, 0)]
    slope, usual = _response(block, trail, ahead, warm)
    return [now, over, now - before, slope[:, None] * (over - usual)]


def _response(block: Block, trail: _Trail, ahead: Ahead, warm: F) -> tuple[F, float]:
    """(N,) relative change per °C of the days' means over the window, and its mean temperature."""
    origin = ahead.day - block.first
    days = np.arange(max(origin - WINDOW, 0), origin)
    total, known = (each[:, days] for each in block.daily)
    load = _ratio(total, known) / trail.unit
    degrees = np.broadcast_to(warm[days].mean(axis=1), load.shape)
    told = np.isfinite(load)
    count = np.maximum(told.sum(axis=1, keepdims=True), 1)
    level = np.where(told, load, 0).sum(axis=1, keepdims=True) / count
    mid = np.where(told, degrees, 0).sum(axis=1, keepdims=True) / count
    x = np.where(told, degrees - mid, 0)
    y = np.where(told, load - level, 0)
    slope: F = (x * y).sum(axis=1) / ((x**2).sum(axis=1) + 20.0)
    return slope, float(warm[days].mean()) if days.size else 0.0


def _persisting(celsius: F) -> F:
    """`celsius` (Y,D) with gaps filled by the newest day's same slot, else by the mean."""
    known = np.isfinite(celsius)
    row = np.where(known, np.arange(celsius.shape[0])[:, None], -1)
    newest = np.maximum.accumulate(row, axis=0)
    filled = celsius[np.maximum(newest, 0), np.arange(celsius.shape[1])]
    found: F = np.where(newest >= 0, filled, np.nanmean(celsius))
    return found


def _ending(sums: F, end: I, days: int = WINDOW) -> F:
    """(N,D) of running sums (N,Y+1,D): the `days` days before each slot's `end`."""
    slot = np.arange(end.size)
    found: F = sums[:, end, slot] - sums[:, np.maximum(end - days, 0), slot]
    return found


def _at(block: Block, day: I, slot: I) -> F:
    """(N,H) readings, NaN before the block begins and after it ends."""
    last = block.value.shape[1] - 1
    there = (day >= 0) & (day <= last)
    found: F = np.where(there, block.value[:, np.clip(day, 0, last), slot], np.nan)
    return found


def _unit(scale: F) -> F:
    """(N,1) what to divide by."""
    found: F = np.maximum(scale, _TINY)[:, None]
    return found


def _ratio(top: F, bottom: F) -> F:
    found: F = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return found


def _mean(values: F) -> F:
    """Mean over the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    return _ratio(np.where(known, values, 0).sum(axis=0), known.sum(axis=0).astype(np.float64))


def _or(values: F, otherwise: F) -> F:
    return np.where(np.isfinite(values), values, otherwise)


def _slots(block: Block) -> int:
    return int(block.value.shape[2])
