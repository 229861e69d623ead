"""The yardstick: dispatch's linear programme written once more, asset by asset, for scipy.

Written from the kernel's records alone; imports nothing of `commonwatt.platform.dispatch`. One
variable at a time, no lazy rows, no trimming: slow and plain.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from commonwatt.kernel.flexibility import Envelope, Limits, Offers, Reserve, Storage


@dataclass
class Sums:
    """A linear programme under construction: variables by number, rows as {variable: factor}."""

    cost: list[float] = field(default_factory=list)
    bounds: list[tuple[float, float]] = field(default_factory=list)
    equal: list[tuple[dict[int, float], float]] = field(default_factory=list)
    below: list[tuple[dict[int, float], float]] = field(default_factory=list)
    constant: float = 0.0

    def variable(self, cost: float, low: float, high: float) -> int:
        self.cost.append(cost)
        self.bounds.append((low, high))
        return len(self.cost) - 1

    def solve(self) -> tuple[float, np.ndarray]:
        kw = {}
        for name, rows in (("eq", self.equal), ("ub", self.below)):
            if rows:
                entries = [(r, c, v) for r, (row, _) in enumerate(rows) for c, v in row.items()]
                r, c, v = (list(part) for part in zip(*entries, strict=True))
                kw[f"A_{name}"] = coo_array((v, (r, c)), shape=(len(rows), len(self.cost))).tocsr()
                kw[f"b_{name}"] = np.array([right for _, right in rows])
        done = linprog(self.cost, bounds=self.bounds, method="highs", **kw)
        assert done.status == 0, done.message
        return float(done.fun) + self.constant, done.x


@dataclass
class Net:
    """Power of every connection and slot as a sum of variables and a constant."""

    terms: dict[tuple[int, int], dict[int, float]]
    fixed: np.ndarray

    def add(self, connection: int, slot: int, variable: int, factor: float) -> None:
        self.terms.setdefault((connection, slot), {})[variable] = factor


def optimum(
    offers: Offers,
    limits: Limits,
    around_kw: np.ndarray,
    *,
    energy_price: np.ndarray,
    day: np.ndarray,
    peak_price: float,
    peak_so_far: dict[int, float],
    reserve: Reserve | None = None,
) -> float:
    """The least cost of `offers` within elastic `limits` at the given system prices."""
    sums = Sums()
    net = Net({}, offers.fixed_kw.copy())
    hours = np.diff(offers.window.edges) / 3600
    able: list[list[Able]] = []
    for block in offers.storage:
        able += [
            _store(sums, net, block, n, hours=hours, price=energy_price, loss=limits.loss)
            for n in range(len(block))
        ]
    for band in offers.envelope:
        able += [_band(sums, net, band, n, hours) for n in range(len(band))]
    if reserve is not None:
        _reserve(sums, able, reserve, hours)
    substation = _substation(sums, net, limits, around_kw, energy_price * hours)
    _peaks(sums, substation, day, peak_price, peak_so_far)
    _limits(sums, net, limits, hours)
    return sums.solve()[0]


@dataclass
class Able:
    """What one asset does in one slot: net power as a sum of variables, and what bounds it."""

    power: dict[int, float]
    least: float
    most: float
    level: int = -1
    short: int = -1
    floor: float = -np.inf
    low: float = -np.inf
    high: float = np.inf
    per_kwh: float = 0.0


def _reserve(sums: Sums, able: list[list[Able]], wanted: Reserve, hours: np.ndarray) -> None:
    """Up and down, slot by slot: each asset's part must hold in every slot a call lasts into."""
    ends = np.cumsum(hours)
    for sign, most, price in (
        (1, wanted.up_kw, wanted.up_price),
        (-1, wanted.down_kw, wanted.down_price),
    ):
        for t in range(hours.size):
            if most[t] <= 0:
                continue
            total = sums.variable(-price[t] * hours[t], 0, most[t])
            row = {total: 1.0}
            for asset in able:
                part = sums.variable(0, 0, np.inf)
                row[part] = -1.0
                _deliverable(sums, asset, part, sign, t, ends=ends, lasting=wanted.hours)
            sums.below.append((row, 0.0))


def _deliverable(
    sums: Sums, asset: list[Able], part: int, sign: int, t: int, *, ends: np.ndarray, lasting: float
) -> None:
    begun = ends[t - 1] if t else 0.0
    moved = 0.0
    for s in range(t, ends.size):
        start = ends[s - 1] if s else 0.0
        within = min(ends[s], begun + lasting) - start
        if within <= 1e-9:
            return
        one = asset[s]
        moved += one.per_kwh * within
        if sign > 0:
            sums.below.append(({v: -f for v, f in one.power.items()} | {part: 1.0}, -one.least))
        else:
            sums.below.append((dict(one.power) | {part: 1.0}, one.most))
        if one.level < 0:
            continue
        if sign < 0 and np.isfinite(one.high):
            sums.below.append(({one.level: 1.0, part: moved}, one.high))
        if sign > 0 and np.isfinite(one.floor):
            sums.below.append(({one.level: -1.0, part: moved}, -one.floor))
        if sign > 0 and np.isfinite(one.low):
            sums.below.append(({one.level: -1.0, one.short: -1.0, part: moved}, -one.low))


def _store(
    sums: Sums,
    net: Net,
    s: Storage,
    n: int,
    *,
    hours: np.ndarray,
    price: np.ndarray,
    loss: np.ndarray,
) -> list[Able]:
    able = []
    where, before, alone, brim = (
        int(s.connection[n]),
        None,
        float(s.start_kwh[n]),
        float(s.start_kwh[n]),
    )
    can_feed = s.feed_kw[n].max() > 0
    for t, h in enumerate(hours):
        keep, use, high, low = s.keep[n, t], s.use_kwh[n, t], s.high_kwh[n, t], s.low_kwh[n, t]
        there_back = s.eta_in[n, t] * s.eta_out[n, t]
        burns = price[t] * (1 + loss[where, t]) * (1 - there_back) + s.wear_price[n] * (
            1 + there_back
        )
        overflow = max(0.0, keep * brim - use - high)
        brim = min(high, keep * brim + s.eta_in[n, t] * s.draw_kw[n, t] * h - use)
        alone_before, alone = alone, min(high, keep * alone - use)
        floor = min(0.0, low, alone) if can_feed else -np.inf
        draw = sums.variable(s.wear_price[n] * h, 0, s.draw_kw[n, t])
        feed = sums.variable(s.wear_price[n] * h, 0, 0 if burns < 0 else s.feed_kw[n, t])
        spill = sums.variable(0, 0, overflow)
        level = sums.variable(0, floor, high)
        short = sums.variable(s.short_price[n, t], 0, np.inf)
        balance = {
            level: 1.0, draw: -s.eta_in[n, t] * h, feed: h / s.eta_out[n, t], spill: 1.0,
        }  # fmt: skip
        if before is None:
            sums.equal.append((balance, keep * alone_before - use))
        else:
            sums.equal.append((balance | {before: -keep}, -use))
        if np.isfinite(low):
            sums.below.append(({level: -1.0, short: -1.0}, -low))
        net.add(where, t, draw, 1.0)
        net.add(where, t, feed, -1.0)
        before = level
        able.append(
            Able(
                {draw: 1.0, feed: -1.0},
                least=0.0 if burns < 0 else -s.feed_kw[n, t],
                most=s.draw_kw[n, t],
                level=level,
                short=short,
                floor=floor,
                low=low if s.short_price[n, t] > 0 else -np.inf,
                high=high,
                per_kwh=max(s.eta_in[n, t], 1 / s.eta_out[n, t]) if can_feed else s.eta_in[n, t],
            )
        )
    sums.cost[before] -= s.end_price[n]
    return able


def _band(sums: Sums, net: Net, e: Envelope, n: int, hours: np.ndarray) -> list[Able]:
    able = []
    for t, h in enumerate(hours):
        want = e.want_kw[n, t]
        power = sums.variable(0, e.low_kw[n, t], e.high_kw[n, t])
        above = sums.variable(e.up_price[n, t] * h, 0, np.inf)
        beneath = sums.variable(e.down_price[n, t] * h, 0, np.inf)
        sums.equal.append(({power: 1.0, above: -1.0, beneath: 1.0}, want))
        net.add(int(e.connection[n]), t, power, 1.0)
        able.append(Able({power: 1.0}, least=e.low_kw[n, t], most=e.high_kw[n, t]))
    return able


def _substation(
    sums: Sums, net: Net, limits: Limits, around: np.ndarray, price: np.ndarray
) -> list[int]:
    columns = []
    for t in range(price.size):
        total = sums.variable(price[t], -np.inf, np.inf)
        row, right = {total: 1.0}, float(limits.loss_kw[t])
        for c in range(net.fixed.shape[0]):
            share = limits.loss[c, t]
            right += net.fixed[c, t] * (1 + share) - share * around[c, t]
            for variable, factor in net.terms.get((c, t), {}).items():
                row[variable] = -factor * (1 + share)
        sums.equal.append((row, right))
        columns.append(total)
    return columns


def _peaks(
    sums: Sums, substation: list[int], day: np.ndarray, price: float, so_far: dict[int, float]
) -> None:
    for label in sorted(set(day.tolist())):
        peak = sums.variable(price, so_far.get(label, 0.0), np.inf)
        for t in np.flatnonzero(day == label):
            sums.below.append(({substation[t]: 1.0, peak: -1.0}, 0.0))
            sums.below.append(({substation[t]: -1.0, peak: -1.0}, 0.0))


def _limits(sums: Sums, net: Net, limits: Limits, hours: np.ndarray) -> None:
    sens = limits.sens.toarray()
    for r in range(len(limits.name)):
        for t, h in enumerate(hours):
            row: dict[int, float] = {}
            fixed = float(sens[r] @ net.fixed[:, t])
            for c in range(sens.shape[1]):
                for variable, factor in net.terms.get((c, t), {}).items():
                    row[variable] = sens[r, c] * factor
            for sign, bound in ((1.0, limits.high[r, t]), (-1.0, -limits.low[r, t])):
                if np.isfinite(bound):
                    breach = sums.variable(limits.price[r] * h, 0, np.inf)
                    signed = {v: sign * f for v, f in row.items()} | {breach: -1.0}
                    sums.below.append((signed, bound - sign * fixed))
