"""Which model serves which meter, judged on the days just past without peeking, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import B, F, I
from commonwatt.platform.forecast.meters.calendar import Ahead
from commonwatt.platform.forecast.meters.design import Design, design, truth
from commonwatt.platform.forecast.meters.history import Block
from commonwatt.platform.forecast.meters.model import CHAIN, Lore

DAYS = 7
"""Origins of the backtest, a day apart, the newest a day before this one."""
MARGIN = 0.9
"""A model further down the chain serves where its error is below this share of those above: what
can be told from a week of one meter is not worth more."""
ENOUGH_FOR_GLOBAL = 14.0
ENOUGH_FOR_PROFILE = 14.0
ENOUGH_FOR_NAIVE = 7.0
"""Days of readings within the last four weeks that a model needs."""
JUDGED = 24
"""Readings ahead, spread over the horizon, that have to be known for a judgement to count."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What serves whom.

    Attributes:
        model: (N,) index into CHAIN.
        reason: (N,) one sentence each.
    """

    model: I
    reason: list[str]

    @classmethod
    def joined(cls, parts: list[tuple[I, Choice]]) -> Choice:
        """Of meters chosen for class by class, each with where they stand."""
        place = np.argsort(np.concatenate([rows for rows, _ in parts]))
        model = np.concatenate([one.model for _, one in parts])[place]
        reason = [words for _, one in parts for words in one.reason]
        return cls(model, [reason[n] for n in place.tolist()])


@dataclass(frozen=True, eq=False)
class Trial:
    """What could be known of some readings of the last week, and what they were.

    Attributes:
        seen: N meters, some readings ahead of an origin days ago.
        actual: (N,h) those readings, in units of the scale known then; NaN where missing.
    """

    seen: Design
    actual: F

    def only(self, rows: I) -> Trial:
        """The same for some meters."""
        return Trial(self.seen.only(rows), self.actual[rows])


def trials(past: Block, ahead: Ahead, celsius: Callable[[int], F | None]) -> list[Trial]:
    """Origins a day apart, back to a week ago.

    Of each an eighth of the horizon is judged, another eighth each day, so that all hours are met
    at the cost of one more forecast.

    Args:
        past: history up to the origin.
        ahead: origin and targets.
        celsius: temperature as known some days before the origin.
    """
    horizon = min(ahead.lead.size, past.calendar.slots)
    stride = max(horizon // 8, 1)
    found = []
    for back in range(DAYS, 0, -1):
        leads = np.arange(back % stride, horizon, stride, dtype=np.int64)
        then = ahead.before(back, past.calendar.slots, leads)
        seen = design(past, then, celsius(back))
        found.append(Trial(seen, truth(past, then, seen.scale)))
    return found


def chosen(tried: list[Trial], lore: Lore, now: Design, stuck: B) -> Choice:
    """Models by a rolling backtest over the last week.

    Args:
        tried: of meters of one class.
        lore: what was learnt about that class.
        now: the design at the origin.
        stuck: (N,) whether a meter's newest day was set aside.
    """
    error, count = backtest(tried, lore)
    mean = np.where(count > 0, error / np.maximum(count, 1), np.inf)
    able = np.stack(
        [
            now.days >= ENOUGH_FOR_GLOBAL,
            now.days >= ENOUGH_FOR_PROFILE,
            now.days >= ENOUGH_FOR_NAIVE,
            np.ones(now.days.size, dtype=np.bool_),
        ]
    )
    judged = (count >= JUDGED).min(axis=0)
    mean = np.where(able, mean, np.inf)
    model = able.argmax(axis=0)
    best = mean[model, np.arange(model.size)]
    for m in range(1, len(CHAIN)):
        better = judged & able[m] & (mean[m] < MARGIN * best)
        model, best = np.where(better, m, model), np.where(better, mean[m], best)
    return Choice(model, _reasons(model, mean, judged, now, stuck))


def backtest(tried: list[Trial], lore: Lore) -> tuple[F, I]:
    """(4,N) sums of absolute errors by model of CHAIN, and readings they are over."""
    meters = tried[0].actual.shape[0]
    error = np.zeros((len(CHAIN), meters))
    count = np.zeros((len(CHAIN), meters), dtype=np.int64)
    told = lore.halfway(np.concatenate([t.seen.x for t in tried], axis=1))  # in one go
    ends = np.cumsum([t.actual.shape[1] for t in tried])[:-1]
    for trial, trees in zip(tried, np.split(told, ends, axis=1), strict=True):
        seen, actual = trial.seen, trial.actual
        usual = lore.profile[seen.off, seen.slot] * np.ones(actual.shape)
        middle = lore.middle(seen.scale, seen.spread, seen.slot * 24 // lore.profile.shape[1])
        for m, guess in enumerate((trees, seen.profile, seen.naive, usual)):
            off = np.abs(guess + middle[m] - actual) * seen.scale[:, None]
            known = np.isfinite(off)
            error[m] += np.where(known, off, 0).sum(axis=1)
            count[m] += known.sum(axis=1)
    return error, count


def _reasons(model: I, mean: F, judged: B, now: Design, stuck: B) -> list[str]:
    told = []
    for n, m in enumerate(model.tolist()):
        if not judged[n]:
            told.append(_short(now.days[n], CHAIN[m]))
        else:
            told.append(_compared(m, mean[:, n], now.days[n]))
        if stuck[n]:
            told[-1] += "; the meter has repeated one reading for a day and longer, set aside"
    return told


def _short(days: float, name: str) -> str:
    if days == 0:
        return f"{name}: nothing was measured in four weeks"
    return f"{name}: {days:.0f} days measured in four weeks, too few to compare"


def _compared(m: int, mean: F, days: float) -> str:
    others = np.where(np.arange(mean.size) == m, np.inf, mean)
    rival = int(others.argmin())
    if not np.isfinite(others[rival]) or others[rival] <= 0:
        return f"{CHAIN[m]}: {days:.0f} days measured in four weeks, too few for another"
    share = round(100 * (1 - mean[m] / others[rival]))
    way = f"{share} % less" if share >= 0 else f"{-share} % more, within the margin,"
    return f"{CHAIN[m]}: {way} error than {CHAIN[rival]} in the last week"
