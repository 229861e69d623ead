"""Which blocks share a transformer station, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.city.generate.catalogue import Demand, peak_kw
from commonwatt.city.generate.plan import Plan
from commonwatt.city.generate.survey import Cell
from commonwatt.kernel.units import F, I

AREA_KW = 190.0
"""Most that one station is planned for, unless a single block asks for more."""
REACH_M = 620.0
"""Longest side of an area: feeders stay short enough for their voltage."""
SMALL_KW = 45.0
"""Areas below this join a neighbour that can carry them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Areas:
    """S areas, each fed by one station.

    Attributes:
        of_block: (B,) area of every block, -1 where nobody lives.
        count: S.
    """

    of_block: I
    count: int


def divided(whole: Cell, plan: Plan, demand: Demand) -> Areas:
    """Cells of the plan that one station can feed; blocks beside each other share one.

    Args:
        whole: the cell of the whole town.
        plan: streets and blocks.
        demand: (B,) of every block.
    """
    parts = (demand.home_mwh, demand.service_mwh, demand.point_kw)
    until = np.array([np.concatenate([[0.0], np.cumsum(part)]) for part in parts])
    area = np.full(demand.point_kw.size, -1, dtype=np.int64)
    count, waiting = 0, [whole]
    while waiting:
        cell = waiting.pop()
        first, last = cell.blocks
        inside = until[:, last] - until[:, first]
        if not inside.sum() > 0:
            continue
        fits = float(peak_kw(*inside)) <= AREA_KW and _reach(plan, first, last) <= REACH_M
        if cell.children and not fits:
            waiting.extend(reversed(cell.children))
        else:
            area[first:last] = count
            count += 1
    return _joined(area, count, plan, demand)


def _reach(plan: Plan, first: int, last: int) -> float:
    """Longest side of the box around some blocks, m."""
    corners = plan.corner[first:last].reshape(-1, 2)
    return float(np.ptp(corners, axis=0).max())


def _joined(area: I, count: int, plan: Plan, demand: Demand) -> Areas:
    """Small areas given to the neighbour along a shared street that asks for least."""
    inside = np.flatnonzero(area >= 0)
    which, piece = plan.around(inside)
    beside: dict[int, set[int]] = {}
    for one, here in sorted(set(zip(piece.tolist(), area[inside[which]].tolist(), strict=True))):
        beside.setdefault(one, set()).add(here)
    neighbours: dict[int, set[int]] = {a: set() for a in range(count)}
    for together in beside.values():
        for a in together:
            neighbours[a] |= together - {a}
    total = demand.gathered(area, count)
    asked = np.column_stack([total.home_mwh, total.service_mwh, total.point_kw])
    head = list(range(count))
    for a in np.argsort(total.kw, kind="stable").tolist():
        if float(peak_kw(*asked[a])) >= SMALL_KW:
            break
        able = [
            (float(peak_kw(*(asked[a] + asked[b]))), b)
            for b in neighbours[a]
            if head[b] == b and b != a
        ]
        if not able or min(able)[0] > 1.2 * AREA_KW:
            continue
        host = min(able)[1]
        head[a] = host
        asked[host] += asked[a]
        neighbours[host] |= {n for n in neighbours[a] if n != host}
    return _numbered(area, head)


def _numbered(area: I, head: list[int]) -> Areas:
    final = []
    for a in range(len(head)):
        host = a
        while head[host] != host:
            host = head[host]
        final.append(host)
    kept, back = np.unique(final, return_inverse=True)
    return Areas(of_block=np.where(area >= 0, back[np.maximum(area, 0)], -1), count=kept.size)


def sited(areas: Areas, plan: Plan, area: I, at: F, weight: F) -> I:
    """(S,) junction where each station stands: by a street of its area, near its load's middle.

    Args:
        areas: blocks by area.
        plan: streets and blocks.
        area: (N,) area of every site.
        at: (N,2) sites on the flat plane.
        weight: (N,) load of each.
    """
    total = np.bincount(area, weight, areas.count)
    middle = np.column_stack(
        [np.bincount(area, weight * at[:, k], areas.count) / total for k in (0, 1)]
    )
    inside = np.flatnonzero(areas.of_block >= 0)
    which, piece = plan.around(inside)
    owner = np.tile(areas.of_block[inside[which]], 2)
    node = np.concatenate([plan.first[piece], plan.last[piece]])
    away = np.hypot(*(plan.node[node] - middle[owner]).T)
    order = np.lexsort((node, away, owner))
    found, first = np.unique(owner[order], return_index=True)
    station = np.zeros(areas.count, dtype=np.int64)
    station[found] = node[order][first]
    return station
