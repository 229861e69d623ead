"""The coordinator's problem once more: every row and every limit in one programme for HiGHS.

Written from the kernel's records and shares no line with `commonwatt.platform`, so that it may
judge it. `whole=True` takes starts and modes as integers (and, where asked, that nobody burns
energy); without it profiles mix their starts and modes their paths: a lower bound.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import highspy
import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array

from commonwatt.kernel.flexibility import Envelope, Limits, Modes, Offers, Profile, Storage

F = np.ndarray
INF = np.inf
LOW = 1e3
"""kWh: no level falls further than this below nothing."""


class Prices(Protocol):
    """What the system pays: `platform.dispatch.Objective` is one."""

    energy_price: F
    day: F
    peak_price_eur_per_kw_day: float
    peak_so_far_kw: Mapping[int, float]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What HiGHS says.

    Attributes:
        status: in HiGHS's words.
        cost_eur: of the best plan found, inf if none.
        bound_eur: no plan costs less.
        binding: (R,T) limits that move a price; nowhere if `whole`.
        plan: values of all columns, empty if there is no plan.
        wall_s: of building and solving.
    """

    status: str
    cost_eur: float
    bound_eur: float
    binding: F
    plan: F
    wall_s: float


@dataclass
class Sheet:
    """A programme under construction: numbered columns and rows, and entries between them."""

    column: list[F] = field(default_factory=list)
    row: list[F] = field(default_factory=list)
    entry: list[F] = field(default_factory=list)
    width: int = 0
    height: int = 0

    def columns(
        self,
        shape: tuple[int, ...],
        cost: ArrayLike = 0.0,
        low: ArrayLike = 0.0,
        high: ArrayLike = INF,
        *,
        whole: bool = False,
    ) -> F:
        """Numbers of new columns; whole ones are 0 or 1 at most."""
        wide = [np.broadcast_to(v, shape).ravel() for v in (cost, low, high, float(whole))]
        self.column.append(np.stack(wide))
        self.width += wide[0].size
        return np.arange(self.width - wide[0].size, self.width).reshape(shape)

    def rows(self, low: ArrayLike, high: ArrayLike, *terms: tuple[F, ArrayLike]) -> F:
        """Numbers of new rows, each with one entry (column, factor) of every term."""
        shape = np.broadcast_shapes(*(np.shape(v) for v in (low, high, *(t[0] for t in terms))))
        self.row.append(np.stack([np.broadcast_to(v, shape).ravel() for v in (low, high)]))
        size = self.row[-1].shape[1]
        self.height += size
        rows = np.arange(self.height - size, self.height).reshape(shape)
        for column, factor in terms:
            self.put(rows, column, factor)
        return rows

    def put(self, row: F, column: F, factor: ArrayLike) -> None:
        """Entries; those at one place add up."""
        parts = np.broadcast_arrays(row, column, factor)
        self.entry.append(np.stack([part.ravel() for part in parts]).astype(float))

    def model(self) -> highspy.HighsLp:
        """For HiGHS."""
        cost, low, high, whole = np.hstack(self.column)
        row, column, factor = np.hstack(self.entry)
        matrix = coo_array((factor, (row.astype(int), column.astype(int))))
        matrix.resize(self.height, self.width)
        matrix = matrix.tocsc()
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.width, self.height
        model.col_cost_, model.col_lower_, model.col_upper_ = cost, low, high
        model.row_lower_, model.row_upper_ = np.hstack(self.row)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        model.a_matrix_.index_ = matrix.indices.astype(np.int32)
        model.a_matrix_.value_ = matrix.data
        if whole.any():
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            model.integrality_ = [kinds[int(w)] for w in whole]
        return model


Power = tuple[F, F, F, ArrayLike]
"""Connection, slot and number of columns, and kW per unit of each."""


def least(
    offers: Offers,
    limits: Limits,
    around_kw: F,
    prices: Prices,
    *,
    whole: bool = False,
    no_burning: bool = False,
    near: F | None = None,
    **options: object,
) -> Found:
    """The cheapest plan.

    Args:
        offers: what may move.
        limits: the wires, linearised around
        around_kw: (C,T) this operating point.
        prices: of energy and of every day's peak.
        whole: take starts, modes and directions as integers.
        no_burning: forbid stores to draw and feed in one slot, or to draw into their overflow.
        near: a plan of the same problem, not whole: HiGHS starts from what is whole in it.
        **options: of HiGHS.
    """
    began = time.perf_counter()
    sheet, hours = Sheet(), np.diff(offers.window.edges) / 3600
    powers = [
        *(p for rows in offers.storage for p in store(sheet, rows, hours, no_burning and whole)),
        *(p for rows in offers.envelope for p in envelope(sheet, rows, hours)),
        *(profile(sheet, rows, whole) for rows in offers.profile),
        *(modes(sheet, rows, hours, whole) for rows in offers.modes),
    ]
    net = sheet.columns(offers.fixed_kw.shape, low=-INF)
    balance = sheet.rows(offers.fixed_kw, offers.fixed_kw, (net, 1.0))
    for connection, slot, column, kw in powers:
        sheet.put(balance[connection, slot], column, -np.asarray(kw))
    peaks(sheet, substation(sheet, net, limits, around_kw, prices.energy_price * hours), prices)
    rows = wires(sheet, net, limits, hours)
    return solved(sheet, rows, near, began, options)


def store(sheet: Sheet, s: Storage, hours: F, no_burning: bool) -> list[Power]:
    """Levels with what is drawn, fed, spilt when overfull, and missing at the end of a slot."""
    shape = s.draw_kw.shape
    floor, overflow = bounds(s, hours)
    worn = np.broadcast_to(s.wear_price[:, None] * hours, shape)
    credit = np.zeros(shape)
    credit[:, -1] = -s.end_price
    level = sheet.columns(shape, credit, floor, s.high_kwh)
    begin = np.zeros(shape)
    begin[:, 0] = s.keep[:, 0] * s.start_kwh
    law = sheet.rows(begin - s.use_kwh, begin - s.use_kwh, (level, 1.0))
    sheet.put(law[:, 1:], level[:, :-1], -s.keep[:, 1:])
    powers, part = [], {}
    for sign, most, gain in (
        (1.0, s.draw_kw, -s.eta_in * hours), (-1.0, s.feed_kw, hours / s.eta_out)
    ):  # fmt: skip
        can = np.nonzero(most > 0)
        part[sign] = np.full(shape, -1)
        part[sign][can] = column = sheet.columns(can[0].shape, worn[can], 0.0, most[can])
        sheet.put(law[can], column, gain[can])
        powers.append((s.connection[can[0]], can[1], column, sign))
    spills = np.nonzero(overflow > 0)
    spilt = sheet.columns(spills[0].shape, high=overflow[spills])
    sheet.put(law[spills], spilt, 1.0)
    wanted = np.nonzero(np.isfinite(s.low_kwh) & (s.low_kwh > floor))
    missing = sheet.columns(wanted[0].shape, s.short_price[wanted])
    sheet.rows(s.low_kwh[wanted], INF, (level[wanted], 1.0), (missing, 1.0))
    if no_burning:
        both = np.nonzero((s.draw_kw > 0) & (s.feed_kw > 0))
        draws = sheet.columns(both[0].shape, high=1.0, whole=True)
        sheet.rows(-INF, 0.0, (part[1.0][both], 1.0), (draws, -s.draw_kw[both]))
        sheet.rows(-INF, s.feed_kw[both], (part[-1.0][both], 1.0), (draws, s.feed_kw[both]))
        full = sheet.columns(spills[0].shape, high=1.0, whole=True)
        sheet.rows(-INF, 0.0, (spilt, 1.0), (full, -overflow[spills]))
        depth = s.high_kwh[spills] + LOW
        sheet.rows(-LOW, INF, (level[spills], 1.0), (full, -depth))
        can = part[1.0][spills] >= 0
        most = s.draw_kw[spills][can]
        sheet.rows(-INF, most, (part[1.0][spills][can], 1.0), (full[can], most))
    return powers


def bounds(s: Storage, hours: F) -> tuple[F, F]:
    """(N,T) lowest levels: who can feed feeds only what is there; and the most spilt."""
    floor, overflow = np.full(s.draw_kw.shape, -INF), np.zeros(s.draw_kw.shape)
    feeds = (s.feed_kw > 0).any(axis=1)
    alone = brim = s.start_kwh
    for t, h in enumerate(hours):
        keep, use, high = s.keep[:, t], s.use_kwh[:, t], s.high_kwh[:, t]
        alone = np.minimum(high, keep * alone - use)
        floor[feeds, t] = np.minimum(np.minimum(0.0, s.low_kwh[:, t]), alone)[feeds]
        overflow[:, t] = np.maximum(0.0, keep * brim - use - high)
        brim = np.minimum(high, keep * brim + s.eta_in[:, t] * s.draw_kw[:, t] * h - use)
    return floor, overflow


def envelope(sheet: Sheet, e: Envelope, hours: F) -> list[Power]:
    """Power between bounds, what it leaves of the wish at a price."""
    shape = e.want_kw.shape
    power = sheet.columns(shape, 0.0, e.low_kw, e.high_kw)
    above, below = (sheet.columns(shape, p * hours) for p in (e.up_price, e.down_price))
    sheet.rows(e.want_kw, e.want_kw, (power, 1.0), (above, -1.0), (below, 1.0))
    slot = np.arange(shape[1])
    return [(e.connection[:, None], slot, power, 1.0)]


def profile(sheet: Sheet, p: Profile, whole: bool) -> Power:
    """One start of those allowed, or none at its price."""
    slots = np.arange(p.latest.max(initial=0) + 1)
    row, start = np.nonzero((slots >= p.earliest[:, None]) & (slots <= p.latest[:, None]))
    chosen = sheet.columns(row.shape, high=1.0, whole=whole)
    may = np.isfinite(p.skip_price)
    skip = sheet.columns(
        may.shape, np.where(may, p.skip_price, 0.0), high=may.astype(float), whole=whole
    )
    once = sheet.rows(1.0, 1.0, (skip, 1.0))
    sheet.put(once[row], chosen, 1.0)
    i, part = np.nonzero(p.shape_kw[row])
    return p.connection[row[i]], start[i] + part, chosen[i], p.shape_kw[row[i], part]


def modes(sheet: Sheet, m: Modes, hours: F, whole: bool) -> Power:
    """A path through the modes; whoever enters one stays in it for its time (Rajan, Takriti)."""
    count, kinds = m.power_kw.shape
    shape = (count, kinds, hours.size)
    begins = np.arange(kinds) == m.start_mode[:, None]
    kept = begins[:, :, None] & (np.arange(hours.size) < m.start_dwell[:, None, None])
    on = sheet.columns(shape, m.run_price[:, :, None] * hours, kept, 1.0, whole=whole)
    turn = np.where(np.eye(kinds, dtype=bool), 0.0, m.switch_price)[..., None]
    may = np.isfinite(turn)
    went = sheet.columns(
        (count, kinds, *shape[1:]), np.where(may, turn, 0.0), high=may.astype(float)
    )
    before = begins[:, :, None] * (np.arange(hours.size) == 0)
    leaves = sheet.rows(before, before)
    sheet.put(leaves[:, :, None], went, 1.0)
    sheet.put(leaves[:, :, 1:], on[:, :, :-1], -1.0)
    enters = sheet.rows(0.0, 0.0, (on, -1.0))
    sheet.put(enters[:, None], went, 1.0)
    stays = sheet.rows(0.0, INF, (on, 1.0))
    for n, mode, t in np.ndindex(shape):
        since = max(0, t - int(m.dwell[n, mode]) + 1)
        others = np.arange(kinds) != mode
        sheet.put(stays[n, mode, t], went[n, others, mode, since : t + 1], -1.0)
    slot = np.arange(hours.size)
    return m.connection[:, None, None], slot, on, m.power_kw[:, :, None]


def substation(sheet: Sheet, net: F, limits: Limits, around_kw: F, paid: F) -> F:
    """(T,) what is drawn there: loads and, linearised, losses."""
    total = sheet.columns(paid.shape, paid, -INF)
    given = limits.loss_kw - (limits.loss * around_kw).sum(axis=0)
    row = sheet.rows(given, given, (total, 1.0))
    sheet.put(row, net, -(1 + limits.loss))
    return total


def peaks(sheet: Sheet, total: F, prices: Prices) -> None:
    """Each day's highest, in either direction."""
    days, which = np.unique(prices.day, return_inverse=True)
    reached = [prices.peak_so_far_kw.get(int(d), 0.0) for d in days]
    peak = sheet.columns(days.shape, prices.peak_price_eur_per_kw_day, reached)
    for sign in (1.0, -1.0):
        sheet.rows(0.0, INF, (peak[which], 1.0), (total, sign))


def wires(sheet: Sheet, net: F, limits: Limits, hours: F) -> F:
    """(R,T) limits, all of them, each to be broken at its price."""
    paid = limits.price[:, None] * hours
    above, below = (sheet.columns(limits.low.shape, paid) for _ in range(2))
    rows = sheet.rows(limits.low, limits.high, (above, -1.0), (below, 1.0))
    sens = limits.sens.tocoo()
    sheet.put(rows[sens.row], net[sens.col], sens.data[:, None])
    return rows


def solved(
    sheet: Sheet, rows: F, near: F | None, began: float, options: Mapping[str, object]
) -> Found:
    """Solve and read the answer."""
    highs = highspy.Highs()
    for option, value in {"output_flag": False, "threads": 1, **options}.items():
        highs.setOptionValue(option, value)
    highs.passModel(sheet.model())
    integer = np.hstack(sheet.column)[3] > 0
    if near is not None:
        known = np.flatnonzero(integer & (np.abs(near - np.round(near)) < 1e-6))
        highs.setSolution(known.size, known.astype(np.int32), np.round(near[known]))
    highs.run()
    info, status, solution = highs.getInfo(), highs.getModelStatus(), highs.getSolution()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    cost = info.objective_function_value if found else INF
    relaxed = cost if status == highspy.HighsModelStatus.kOptimal else -INF
    dual = np.array(solution.row_dual) if not integer.any() else np.zeros(sheet.height)
    return Found(
        status=highs.modelStatusToString(status).lower(), cost_eur=float(cost),
        bound_eur=float(info.mip_dual_bound if integer.any() else relaxed),
        binding=np.abs(dual[rows]) > 1e-7 if dual.size else np.zeros(rows.shape, dtype=bool),
        plan=np.array(solution.col_value), wall_s=time.perf_counter() - began,
    )  # fmt: skip
