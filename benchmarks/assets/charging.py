"""Charging hubs of our own twin, whose truth is known: what its generator expects is the best."""

from __future__ import annotations

import numpy as np
from assets.case import DAY, GERMANY, STEP, Best, Case, Plain, midnights, week_step

from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.backtest.peers import PlainTrees
from commonwatt.platform.forecast.ensemble import LEVELS, Series
from commonwatt.sectors.charging.twin import Habits


def drivers(points: int, seed: int) -> Habits:
    """So many chargers of 11 kW, a third of them at work, with drivers of their own habits."""
    who, dice = np.arange(points), Rng(2026)
    work = who % 3 == 2
    shift = 1.5 * dice.normal("drivers.arrival", who, 0)
    return Habits(
        car=who,
        rated_kw=np.full(points, 11.0),
        daily_kwh=7.0 * np.exp(0.4 * dice.normal("drivers.energy", who, 0)),
        arrival_h=np.where(work, 8.0, 17.5) + shift,
        stay_h=np.where(work, 9.0, 13.0),
        place=GERMANY,
        rng=Rng(seed),
    )


def charged(habits: Habits, start: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """(T,) kW of cars that charge at full power from plug-in, and (T,) how many plug in."""
    found = habits.touching(start, start + steps * STEP)
    rated = habits.rated_kw[found.row]
    whole, part = np.divmod(found.feasible_kwh / (rated * STEP / 3600), 1.0)
    first = (found.since - start) // STEP
    last = first + whole.astype(np.int64)
    change, extra, begun = (np.zeros(steps + 1) for _ in range(3))
    np.add.at(change, np.clip(first, 0, steps), rated)
    np.add.at(change, np.clip(last, 0, steps), -rated)
    inside = (last >= 0) & (last < steps)
    np.add.at(extra, last[inside], (rated * part)[inside])
    np.add.at(begun, first[(first >= 0) & (first < steps)], 1.0)
    return np.cumsum(change)[:-1] + extra[:-1], begun[:-1]


EV_START = 1_735_686_000  # 2025-01-01 00:00 in Berlin
EV_DAYS = 364


def by_day(values: np.ndarray, series: Series) -> np.ndarray:
    """(D,) sums over local days."""
    day = (series.time + series.offset - series.time[0] - series.offset[0]) // DAY_S
    return np.bincount(day, values)


def quantity(what: str, points: int, seed: int) -> Series:
    """What happened at a hub: its load, or energy or sessions by local day."""
    load, begun = charged(drivers(points, seed), EV_START, EV_DAYS * DAY)
    fine = Series(EV_START, STEP, load, zone=GERMANY.zone)
    if what == "load":
        return fine
    daily = by_day(load * STEP / 3600 if what == "energy" else begun, fine)[:EV_DAYS]
    return Series(EV_START, DAY_S, daily, zone="Etc/GMT-1")


def truth(what: str, points: int, seeds: int) -> Best:
    """Mean and quantiles of the generator by step of the week, from other luck."""
    samples: list[list[np.ndarray]] = []
    for seed in range(seeds):
        series = quantity(what, points, 1000 + seed)
        at = week_step(series)
        order = np.argsort(at, kind="stable")
        least = np.bincount(at).min()
        ends = np.cumsum(np.bincount(at))
        samples.append([series.value[order[end - least : end]] for end in ends])
    table = np.array([np.concatenate(column) for column in zip(*samples, strict=True)])
    return Best(table.mean(axis=1), np.quantile(table, LEVELS, axis=1).T)


def hubs(many: int, seeds: int) -> list[Case]:
    """A hub, a street and one charger."""
    found = []
    asked = [("load", 60), ("load", 12), ("load", 1), ("energy", 60), ("sessions", 60)]
    for what, points in asked:
        series = quantity(what, points, 7)
        daily = what != "load"
        horizon = 7 if daily else DAY
        end = len(series.value) - horizon
        origins = np.arange(end, 0, -7)[: many // 2][::-1] if daily else midnights(series, many, 1)
        peers = [
            Plain("last week", lambda t: t.weekly),
            Plain("4-week mean", lambda t: t.profile),
            PlainTrees(),
            truth(what, points, seeds),
        ]
        name = f"ev {what} {points}"
        found.append(Case(name, "nothing", series, horizon, origins, 7, peers, bound=True))
    return found
