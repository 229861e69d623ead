"""The master: a linear programme over the groups' columns, kept in HiGHS, rows added when broken.

It chooses, for every group, a mixture of the responses seen so far. Rows for the substation's peaks
and for the wires' limits come in when a mixture breaks them; each limit is elastic at its price.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.highs import optimum, solver
from commonwatt.platform.dispatch.coordinator.market import Duals, Market

_UP, _DOWN, _HIGH, _LOW = range(4)
_INF = highspy.kHighsInf
_BROKEN = 1e-7
_FIXED = -1
_DUAL, _PRIMAL = 1, 4
"""HiGHS's simplex strategies: the last basis stays feasible for one when columns are added, for the
other when rows are."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """A solution of the master.

    Attributes:
        share: (n,) of each column; those of a group add up to 1.
        power_kw: (P,T) of all places.
        private_eur: what the rows pay by themselves.
        duals: prices of what is shared.
        value: (G,) what the master holds each group's part to be worth; a column that costs less
            at the duals would improve it.
    """

    share: F
    power_kw: F
    private_eur: float
    duals: Duals
    value: F


class Master:
    """Columns and rows collected so far, and the programme they make.

    Attributes:
        place: (G,) of every group.
        group: (n,) group of every column.
        asked: (n,) which asking a column answers.
        cost: (n,) € its rows pay by themselves.
    """

    def __init__(self, market: Market, place: I, count: I) -> None:
        """Start without columns; `place` (G,) is where each group hangs, `count` its rows."""
        self._market, self.place = market, place
        self.group = np.empty(0, dtype=np.int64)
        self.asked = np.empty(0, dtype=np.int64)
        self.cost = np.empty(0)
        self._power = np.empty((0, market.hours.size))
        self._kind, self._row, self._slot = (np.empty(0, dtype=np.int64) for _ in range(3))
        self._highs = solver()
        self._solved_before = False
        days, groups = market.reached.size, place.size
        self._extra = days
        self._columns_at = np.empty(0, dtype=np.int64)
        self._breach_at = np.empty(0, dtype=np.int32)
        self._box = market.breach_price[:, None] * market.hours
        for d in range(days):
            self._highs.addCol(market.peak_price, market.reached[d], _INF, 0, [], [])
        none, one = np.zeros(groups, dtype=np.int32), (count > 0).astype(np.float64)
        self._highs.addRows(groups, one, one, 0, none, none[:0], np.empty(0))

    def add(self, answer: Answer, chosen: I, asked: int) -> None:
        """Add the columns of the groups `chosen` from `answer`, the answer to asking `asked`."""
        power = answer.power_kw[chosen]
        self._columns_at = np.concatenate(
            [self._columns_at, self._highs.getNumCol() + np.arange(chosen.size)]
        )
        self.group = np.concatenate([self.group, chosen])
        self.asked = np.concatenate([self.asked, np.full(chosen.size, asked)])
        self.cost = np.concatenate([self.cost, answer.cost[chosen]])
        self._power = np.concatenate([self._power, power])
        matrix = np.vstack([np.ones(chosen.size), self._factors(chosen, power)]).T
        rows = np.concatenate([[0], self.place.size + np.arange(self._kind.size)])
        index = np.repeat(rows[None, :], chosen.size, axis=0)
        index[:, 0] = chosen
        keep = matrix != 0.0
        start = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])[:-1]
        paid = answer.cost[chosen] + self._energy(chosen, power)
        zero = np.zeros(chosen.size)
        self._highs.addCols(
            chosen.size, paid, zero, np.full(chosen.size, _INF), int(keep.sum()),
            start.astype(np.int32), index[keep].astype(np.int32), matrix[keep],
        )  # fmt: skip

    def fix(self, groups: I, answer: Answer) -> None:
        """Let the `groups` do exactly what `answer` says for them: no mixing any more."""
        closed = np.flatnonzero(np.isin(self.group, groups))
        none = np.zeros(closed.size)
        self._highs.changeColsBounds(
            closed.size, self._columns_at[closed].astype(np.int32), none, none
        )
        self.add(answer, groups, _FIXED)

    def forget(self, kept: int) -> None:
        """Drop the columns beyond the `kept` of every group that cost least at the last duals.

        What is used stays.
        """
        solution = self._highs.getSolution()
        cost = np.array(solution.col_dual)[self._columns_at]
        used = np.array(solution.col_value)[self._columns_at] > 0
        order = np.lexsort((np.where(used, -np.inf, cost), self.group))
        rank = np.empty(order.size, dtype=np.int64)
        first = np.concatenate([[0], np.cumsum(np.bincount(self.group, minlength=self.place.size))])
        rank[order] = np.arange(order.size) - first[self.group[order]]
        gone = (rank >= kept) & ~used
        if not gone.any():
            return
        mask = np.zeros(self._highs.getNumCol(), dtype=np.int32)
        mask[self._columns_at[gone]] = 1
        now = np.cumsum(mask == 0) - 1
        self._highs.deleteCols(int(mask.sum()), np.flatnonzero(mask).astype(np.int32))
        self._columns_at = now[self._columns_at[~gone]]
        self._breach_at = now[self._breach_at].astype(np.int32)
        self.group, self.asked = self.group[~gone], self.asked[~gone]
        self.cost, self._power = self.cost[~gone], self._power[~gone]

    def open(self, duals: Duals) -> None:
        """Add the rows that are dearest in `duals`: they will be wanted."""
        self._add_new((duals.up[None] > 0, duals.down[None] > 0, *self._market.priced(duals)))

    def box(self, most: F) -> None:
        """Take breaches to cost `most` (R,T) for now, so that no limit's price exceeds it."""
        self._box = np.minimum(most, self._market.breach_price[:, None] * self._market.hours)
        mine = self._kind >= _HIGH
        cost = self._box[self._row[mine], self._slot[mine]]
        self._highs.changeColsCost(cost.size, self._breach_at, cost)

    def solve(self, rounds: int = 5) -> Mixture:
        """The best mixture; rows it breaks are added, and it is solved again, `rounds` times.

        Raises:
            NoPlan: HiGHS found no optimum.
        """
        mixture = self._solved(_PRIMAL if self._solved_before else _DUAL)
        self._solved_before = True
        for _ in range(rounds):
            if not self._add_broken(mixture.power_kw):
                break
            mixture = self._solved(_DUAL)
        return mixture

    def _solved(self, strategy: int) -> Mixture:
        self._highs.setOptionValue("simplex_strategy", strategy)
        x, dual = optimum(self._highs)
        share = np.maximum(0.0, x[self._columns_at])
        share /= np.bincount(self.group, share, self.place.size)[self.group]
        return Mixture(
            share=share,
            power_kw=self._mixed(share),
            private_eur=float(share @ self.cost),
            duals=self._duals(dual),
            value=dual[: self.place.size],
        )

    def _mixed(self, share: F) -> F:
        used = np.flatnonzero(share)
        power = np.zeros((self._market.loss.shape[0], self._market.hours.size))
        np.add.at(power, self.place[self.group[used]], share[used, None] * self._power[used])
        return power

    def _duals(self, dual: F) -> Duals:
        duals, price = self._market.no_duals(), dual[self.place.size :]
        for kind, into in ((_UP, duals.up), (_DOWN, duals.down)):
            mine = self._kind == kind
            into[self._slot[mine]] = np.maximum(0.0, price[mine])
        mine = self._kind >= _HIGH
        np.add.at(duals.limit, (self._row[mine], self._slot[mine]), -price[mine])
        return self._market.honest(duals)

    def _energy(self, group: I, power: F) -> F:
        market = self._market
        lost = market.loss[self.place[group]] * power
        price = market.energy_price * market.hours
        paid: F = (power + lost) @ price + lost @ (market.loss_price * market.hours)
        return paid

    def _factors(self, group: I, power: F, rows: slice = slice(None)) -> F:
        """(m,k) what columns of `group` with `power` put into the rows."""
        market, place = self._market, self.place[group]
        kind, row, slot = self._kind[rows], self._row[rows], self._slot[rows]
        part = power[:, slot].T
        flow = part * (1 + market.loss[place][:, slot].T)
        limit = part * market.sens[np.ix_(row, place)] if len(market.name) else part
        sign = np.where(kind == _UP, -1.0, 1.0)[:, None]
        return np.where((kind >= _HIGH)[:, None], limit, sign * flow)

    def _add_broken(self, power_kw: F) -> bool:
        """Add the rows that places taking `power_kw` break; whether there were any."""
        market, bill = self._market, self._market.bill(power_kw)
        peak = np.array(self._highs.getSolution().col_value)[: market.reached.size][market.day]
        tol = _BROKEN * (1 + np.abs(bill.substation_kw))
        known = np.zeros((2, *market.low.shape), dtype=bool)
        mine = self._kind >= _HIGH
        known[self._kind[mine] - _HIGH, self._row[mine], self._slot[mine]] = True
        above, below = market.broken(power_kw, known)
        over = (bill.substation_kw > peak + tol)[None]
        under = (-bill.substation_kw > peak + tol)[None]
        return self._add_new((over, under, above, below))

    def _add_new(self, wanted: tuple[B, B, B, B]) -> bool:
        """Add rows of each kind where `wanted` (·,T) says so and there is none yet."""
        kind, row, slot = np.array(
            [(k, r, t) for k, where in enumerate(wanted) for r, t in np.argwhere(where)],
            dtype=np.int64,
        ).reshape(-1, 3).T  # fmt: skip
        shape = (4, max(1, len(self._market.name)), self._market.hours.size)
        name = np.ravel_multi_index((kind, row, slot), shape)
        known = np.ravel_multi_index((self._kind, self._row, self._slot), shape)
        new = ~np.isin(name, known)
        if new.any():
            self._add_rows(kind[new], row[new], slot[new])
        return bool(new.any())

    def _add_rows(self, kind: I, row: I, slot: I) -> None:
        market, before = self._market, self._kind.size
        self._kind = np.concatenate([self._kind, kind])
        self._row = np.concatenate([self._row, row])
        self._slot = np.concatenate([self._slot, slot])
        factor = self._factors(self.group, self._power, slice(before, None))
        peaks = np.zeros((kind.size, self._extra))
        is_peak = kind < _HIGH
        peaks[np.flatnonzero(is_peak), market.day[slot[is_peak]]] = 1.0
        limited = np.where(is_peak, 0, row)
        low = np.where(kind == _UP, market.base_kw[slot], -market.base_kw[slot])
        low = np.where(kind == _LOW, _at(market.low, limited, slot), low)
        low = np.where(kind == _HIGH, -_INF, low)
        high = np.where(kind == _HIGH, _at(market.high, limited, slot), _INF)
        matrix = np.hstack([peaks, factor])
        column = np.concatenate([np.arange(self._extra), self._columns_at])
        keep = matrix != 0.0
        start = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])[:-1]
        index = np.broadcast_to(column, matrix.shape)[keep]
        self._highs.addRows(
            kind.size, low, high, int(keep.sum()),
            start.astype(np.int32), index.astype(np.int32), matrix[keep],
        )  # fmt: skip
        at = self.place.size + before + np.flatnonzero(~is_peak)
        self._add_breaches(at, kind[~is_peak], row[~is_peak], slot[~is_peak])

    def _add_breaches(self, at: I, kind: I, row: I, slot: I) -> None:
        count = at.size
        here = self._highs.getNumCol() + np.arange(count, dtype=np.int32)
        self._breach_at = np.concatenate([self._breach_at, here])
        self._highs.addCols(
            count, self._box[row, slot], np.zeros(count), np.full(count, _INF), count,
            np.arange(count, dtype=np.int32), at.astype(np.int32),
            np.where(kind == _HIGH, -1.0, 1.0),
        )  # fmt: skip


def _at(table: F, row: I, slot: I) -> F:
    """(n,) its entries; 0 where there is no limit at all."""
    found: F = table[row, slot] if table.size else np.zeros(row.size)
    return found
