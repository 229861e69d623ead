"""One plan: every home's battery over the next hours, in dispatch's rows and solved by its solver.

The challenge bills each home for what it draws and pays nothing for what it feeds in, and it marks
how the district changes from hour to hour. Neither is a system cost, so the objective stands here;
the batteries are dispatch's storage rows. What is uncertain enters as equally likely cases: the
expected bill of a home and the expected change of the district are convex in what the batteries do,
hence chains of columns with rising costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from challenge.battery import Charge, Pack, reach
from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import stores
from commonwatt.platform.dispatch.basis import Basis, carried
from commonwatt.platform.dispatch.lp import TIMELESS, Lp, Sheet, key_of
from commonwatt.platform.dispatch.solve import solved

ETA, BEST = 0.85**0.5, 0.90**0.5
"""One way: what plans reckon with, and at the power at which least is lost."""
_BILL, _GRID, _RAMP, _PEAK = 20, 21, 22, 23
_HOUR_S, _ITERATIONS = 3600, 200_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """What is to be planned over A hours.

    Attributes:
        net_kwh: (K,H,A) equally likely cases of the homes without batteries, rising.
        worth: (A,) what a kWh drawn by a home costs.
        left: what a kWh left in a battery is worth in the end.
        ramp: what a kW of change from hour to hour costs.
        peak: what a kW of peak costs.
        before_kw: the district's net power in the hour before.
        surprise_kw: (J,) equally likely deviations of the district from what is expected, rising.
        reached_kw: the peak that costs nothing more.
    """

    net_kwh: np.ndarray
    worth: np.ndarray
    left: float
    ramp: float
    peak: float
    before_kw: float
    surprise_kw: np.ndarray
    reached_kw: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """What was decided.

    Attributes:
        flow_kwh: (H,A) what each battery takes at the meter.
        level_kwh: (H,A) what is in it at every hour's end.
    """

    flow_kwh: np.ndarray
    level_kwh: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Programme:
    """A task in rows, and where its answer stands."""

    lp: Lp
    stores: stores.Stores

    @classmethod
    def of(cls, task: Task, pack: Pack, now: Charge, eta: float) -> Programme:
        """`task` for batteries `pack` charged as they are `now`, `eta` one way."""
        sheet, hours = Sheet(), np.ones(task.worth.size)
        store = _offered(task, pack, now, eta)
        placed = stores.add_stores(sheet, store, hours, stores.reach(store, hours))
        _bills(sheet, task, pack, placed)
        _district(sheet, task, placed)
        return cls(lp=sheet.lp(), stores=placed)

    def problem(self, method: str) -> dict[str, Any]:
        """As the solver takes it."""
        lp = self.lp
        return {
            "cost": lp.cost, "col_low": lp.col_low, "col_high": lp.col_high,
            "row_low": lp.row_low, "row_high": lp.row_high, "start": lp.matrix.indptr,
            "index": lp.matrix.indices, "value": lp.matrix.data, "iterations": _ITERATIONS,
            "method": method,
        }  # fmt: skip

    def read(self, answer: dict[str, Any]) -> Plan:
        """The plan in the solver's answer.

        Raises:
            NoPlan: the solver found none.
        """
        if answer["status"] != "optimal":
            msg = f"the solver gave no optimum: {answer['status']}"
            raise NoPlan(msg)
        x = answer["x"]
        return Plan(flow_kwh=self.stores.powers(x), level_kwh=self.stores.levels(x))


class Planner:
    """Plans every hour anew, each time from where the last plan's simplex ended."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._basis: Basis | None = None

    def plan(self, task: Task, now: Charge, hour: int) -> Plan:
        """The cheapest plan of `task` from `hour` on for batteries charged as they are `now`."""
        made = Programme.of(task, self._pack, now, ETA)
        lp, window = made.lp, Window.uniform(_HOUR_S * hour, task.worth.size, _HOUR_S)
        problem = made.problem("cold")
        if self._basis is not None:
            columns, rows = carried(self._basis, lp, window)
            problem |= {"method": "dual", "col_basis": columns, "row_basis": rows}
        answer = solved(problem)
        plan = made.read(answer)
        self._basis = Basis(
            window=window, col_key=lp.col_key, row_key=lp.row_key,
            col_status=answer["col_basis"], row_status=answer["row_basis"],
        )  # fmt: skip
        return plan


def foreseen(task: Task, pack: Pack, now: Charge) -> Plan:
    """The cheapest plan of a long `task` in one piece, for batteries at their best efficiency."""
    made = Programme.of(task, pack, now, BEST)
    return made.read(solved(made.problem("ipm")))


def _offered(task: Task, pack: Pack, now: Charge, eta: float) -> Storage:
    homes, ahead = pack.capacity_kwh.size, task.worth.size
    full = np.ones((homes, ahead))
    draw, feed = full * pack.power_kw[:, None], full * pack.power_kw[:, None]
    feed[:, 0], draw[:, 0] = reach(pack, now)
    none = np.zeros(homes)
    return Storage(
        asset=np.arange(homes), connection=np.arange(homes), draw_kw=draw, feed_kw=feed,
        eta_in=eta * full, eta_out=eta * full, keep=full, use_kwh=0 * full, low_kwh=0 * full,
        high_kwh=full * now.usable_kwh[:, None], short_price=0 * full,
        start_kwh=now.level_kwh, wear_price=none, end_price=none + task.left,
    )  # fmt: skip


def _bills(sheet: Sheet, task: Task, pack: Pack, placed: stores.Stores) -> None:
    """Every home's expected bill, as a function of what its battery takes."""
    cases, homes, ahead = task.net_kwh.shape
    most = np.broadcast_to(pack.power_kw[:, None], (homes, ahead))
    edges = np.clip(-task.net_kwh[::-1], -most, most)
    edges = np.concatenate([-most[None], edges, most[None]])
    part, home, slot = np.nonzero(np.diff(edges, axis=0) > 0)
    column = sheet.columns(
        key_of(_BILL, home * 64 + part, slot),
        task.worth[slot] * part / cases,
        0.0,
        np.diff(edges, axis=0)[part, home, slot],
    )
    all_homes, all_slots = np.divmod(np.arange(homes * ahead), ahead)
    row = sheet.rows(key_of(_BILL, all_homes, all_slots), -most.ravel(), -most.ravel())
    _moved(sheet, row.reshape(homes, ahead), placed, 1.0)
    sheet.entries(row[home * ahead + slot], column, -1.0)


def _district(sheet: Sheet, task: Task, placed: stores.Stores) -> None:
    """The district's expected net power, its change and its peak priced."""
    slots = np.arange(task.worth.size)
    expected = task.net_kwh.mean(axis=0).sum(axis=0)
    grid = sheet.columns(key_of(_GRID, 0 * slots, slots), 0.0, -np.inf, np.inf)
    row = sheet.rows(key_of(_GRID, 0 * slots, slots), expected, expected)
    sheet.entries(row, grid, 1.0)
    _moved(sheet, np.broadcast_to(row, placed.draw.shape), placed, -1.0)
    _ramps(sheet, task, grid)
    none = 0 * slots[:1]
    top = sheet.columns(key_of(_PEAK, none, none + TIMELESS), task.peak, task.reached_kw, np.inf)
    under = sheet.rows(key_of(_PEAK, 0 * slots, slots), 0.0, np.inf)
    sheet.entries(under, np.repeat(top, slots.size), 1.0)
    sheet.entries(under, grid, -1.0)


def _moved(sheet: Sheet, row: np.ndarray, placed: stores.Stores, sign: float) -> None:
    """Enter what the batteries take into rows (H,A)."""
    for column, way in ((placed.draw, sign), (placed.feed, -sign)):
        there = column >= 0
        sheet.entries(row[there], column[there], way)


def _ramps(sheet: Sheet, task: Task, grid: np.ndarray) -> None:
    """The expected change from hour to hour."""
    slots = np.arange(grid.size)
    edges = -task.surprise_kw[::-1]
    first = np.where(slots == 0, task.before_kw, 0.0)
    row = sheet.rows(key_of(_RAMP, 0 * slots, slots), first + edges[0], first + edges[0])
    sheet.entries(row, grid, 1.0)
    sheet.entries(row[1:], grid[:-1], -1.0)
    rise = np.concatenate([[-1.0], 2 * np.arange(1, edges.size) / edges.size - 1, [1.0]])
    width = np.concatenate([[np.inf], np.diff(edges), [np.inf]])
    for part, (slope, most) in enumerate(zip(rise, width, strict=True)):
        way = 1.0 if part else -1.0
        column = sheet.columns(
            key_of(_RAMP, part + 0 * slots, slots), way * task.ramp * slope, 0.0, most
        )
        sheet.entries(row, column, -way)
