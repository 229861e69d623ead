"""The medium-voltage grid: primary substations, and rings of stations along the streets.

Stations are swept by angle around their primary substation into rings (Gillett & Miller 1974) and
each ring is ordered by 2-opt. Every ring is closed in copper and open at one switch, the one that
halves its load: any single cable can fail and be switched around.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from commonwatt.city.generate.catalogue import MV_CABLES, MV_KV, POWER_FACTOR
from commonwatt.city.generate.plan import Plan
from commonwatt.kernel.units import B, F, I

RING_STATIONS = 12
"""Stations on one ring, at most."""
RING_KW = 5_000.0
"""Load on one ring, at most: one end can carry it all."""
PRIMARY_KW = 40_000.0
"""Load of one primary substation, 110/20 kV with two transformers of 40 MVA."""
USED = 0.8


@dataclass(frozen=True, kw_only=True, eq=False)
class Rings:
    """Medium-voltage cables (K,) between stations, and the primary substations (P,).

    Attributes:
        primary: (P,) junction of each primary substation.
        ring: (K,) ring of each cable, numbered over the town.
        start: (K,) station it starts at; -1-p for primary substation p.
        end: (K,) station it ends at, likewise.
        open_: (K,) whether it is open at its end.
        cable: (K,) number among `MV_CABLES`.
        length_m: (K,).
        route: (K,) junctions passed.
    """

    primary: I
    ring: I
    start: I
    end: I
    open_: B
    cable: I
    length_m: F
    route: list[list[int]]


def circled(plan: Plan, streets: B, station: I, kw: F) -> Rings:
    """Rings through all stations.

    Args:
        plan: streets and blocks.
        streets: (E,) pieces that cables may follow; they hang together.
        station: (S,) junction of each.
        kw: (S,) design load.
    """
    at = plan.node[station]
    primary, of = _primaries(plan, streets, at, kw)
    legs: list[tuple[int, int, int, bool, int]] = []
    rings = 0
    for p in range(primary.size):
        mine = np.flatnonzero(of == p)
        for group in _swept(at[mine], plan.node[primary[p]], kw[mine]):
            tour = _toured(at[mine[group]], plan.node[primary[p]])
            chain = [-1 - p, *mine[group][tour].tolist(), -1 - p]
            gap = _halved(kw[chain[1:-1]])
            amps = kw[chain[1:-1]].sum() / POWER_FACTOR / (np.sqrt(3.0) * MV_KV)
            cable = int(amps > USED * MV_CABLES[0].rated_a)
            legs += [(rings, a, b, k == gap, cable) for k, (a, b) in enumerate(pairwise(chain))]
            rings += 1
    ring, start, end, open_, cable_ = (np.array(c) for c in zip(*legs, strict=True))
    ends = [np.where(x >= 0, station[np.maximum(x, 0)], primary[-1 - np.minimum(x, -1)])
            for x in (start, end)]  # fmt: skip
    length, route = _walked(plan, streets, *ends)
    return Rings(
        primary=primary,
        ring=ring,
        start=start,
        end=end,
        open_=open_.astype(np.bool_),
        cable=cable_,
        length_m=np.maximum(length, 5.0),
        route=route,
    )


def _primaries(plan: Plan, streets: B, at: F, kw: F) -> tuple[I, I]:
    """(junction of every primary substation, the one that feeds each station)."""
    used = np.flatnonzero(streets)
    junctions = np.unique(np.concatenate([plan.first[used], plan.last[used]]))
    count = max(1, int(np.ceil(kw.sum() / PRIMARY_KW)))
    middle = (at * kw[:, None]).sum(axis=0) / kw.sum()
    away = plan.node[junctions] - middle
    if count == 1:
        road = used[plan.kind[used] == "main"]
        main = np.isin(junctions, np.concatenate([plan.first[road], plan.last[road]]))
        reach = np.hypot(*away.T) * (1.0 + main)
        return junctions[[int(np.argmax(reach))]], np.zeros(len(at), dtype=np.int64)
    angle = np.arctan2(*(at - middle).T[::-1])
    order = np.argsort(angle, kind="stable")
    share = np.cumsum(kw[order]) / kw.sum()
    of = np.zeros(len(at), dtype=np.int64)
    of[order] = np.minimum((share * count * (1 - 1e-12)).astype(np.int64), count - 1)
    found = []
    for p in range(count):
        here = at[of == p].mean(axis=0)
        found.append(int(np.argmin(np.hypot(*(plan.node[junctions] - here).T))))
    return junctions[found], of


def _swept(at: F, around: F, kw: F) -> list[I]:
    """Groups of stations by angle, each within what a ring may hold."""
    rings = int(max(np.ceil(len(at) / RING_STATIONS), np.ceil(kw.sum() / RING_KW), 1))
    angle = np.arctan2(*(at - around).T[::-1])
    order = np.argsort(angle, kind="stable")
    turned = np.sort(angle)
    gap = int(np.argmax(np.diff(turned, append=turned[0] + 2 * np.pi)))
    order = np.roll(order, -(gap + 1))
    return [part for part in np.array_split(order, min(rings, len(at))) if part.size]


def _toured(at: F, around: F) -> I:
    """Order of a short tour from `around` through all of `at` (N,2) and back, by 2-opt."""
    points = np.concatenate([around[None], at])
    gaps = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    tour = [0]
    left = set(range(1, len(points)))
    while left:
        tour.append(min(left, key=lambda k: (gaps[tour[-1], k], k)))
        left.discard(tour[-1])
    better = True
    while better:
        better = False
        for i in range(1, len(tour) - 1):
            for j in range(i + 1, len(tour)):
                after = tour[(j + 1) % len(tour)]
                old = gaps[tour[i - 1], tour[i]] + gaps[tour[j], after]
                new = gaps[tour[i - 1], tour[j]] + gaps[tour[i], after]
                if new < old - 1e-9:
                    tour[i : j + 1] = reversed(tour[i : j + 1])
                    better = True
    return np.array(tour[1:]) - 1


def _halved(kw: F) -> int:
    """The leg of a ring that is opened: load before and after it differ least."""
    before = np.concatenate([[0.0], np.cumsum(kw)])
    return int(np.argmin(np.abs(2 * before - kw.sum())))


def _walked(plan: Plan, streets: B, start: I, end: I) -> tuple[F, list[list[int]]]:
    """Length and junctions of the shortest ways along the streets."""
    used = np.flatnonzero(streets)
    nodes = plan.node.shape[0]
    graph = coo_array(
        (plan.length_m[used], (plan.first[used], plan.last[used])), shape=(nodes, nodes)
    ).tocsr()
    length = np.zeros(start.size)
    route: list[list[int]] = [[] for _ in range(start.size)]
    for source in np.unique(start).tolist():
        away, parent = dijkstra(graph, directed=False, indices=source, return_predecessors=True)
        for k in np.flatnonzero(start == source).tolist():
            here = int(end[k])
            length[k] = away[here]
            way = [here]
            while here != source:
                here = int(parent[here])
                way.append(here)
            route[k] = way[::-1]
    return length, route
