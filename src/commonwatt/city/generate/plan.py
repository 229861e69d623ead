"""The ground plan as columns: street pieces between junctions, and blocks with what bounds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.city.generate.survey import Survey
from commonwatt.city.generate.terrain import Terrain
from commonwatt.kernel.units import B, F, I

STEP_M = 18.0
"""Streets are drawn with a vertex at least this often."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """Streets and blocks.

    Attributes:
        node: (J,2) junctions on the flat plane, m.
        road_kind: (R,) kind of every road.
        road_start: (R,2) its first end on the flat plane, m.
        road_end: (R,2) its last end.
        road: (E,) the road each piece is part of; pieces stand in order of road, then of share.
        first: (E,) node at its start.
        last: (E,) node at its end.
        low: (E,) share of the road at its start.
        high: (E,) share at its end.
        length_m: (E,) its length on the land.
        corner: (B,M,2) corners of every block, anticlockwise; the first repeated at the end.
        sides: (B,) how many of them count.
        side_road: (B,M) the road from corner to next corner; -1 beyond the last.
        side_low: (B,M) lesser share of that road along the side.
        side_high: (B,M) greater share.
        forward: (B,M) whether the side runs the way of its road.
    """

    node: F
    road_kind: np.ndarray
    road_start: F
    road_end: F
    road: I
    first: I
    last: I
    low: F
    high: F
    length_m: F
    corner: F
    sides: I
    side_road: I
    side_low: F
    side_high: F
    forward: B

    @property
    def kind(self) -> np.ndarray:
        """(E,) kind of every piece."""
        return self.road_kind[self.road]

    def at(self, road: I, share: F) -> F:
        """(K,2) points on roads, on the flat plane."""
        start = self.road_start[road]
        point: F = start + share[:, None] * (self.road_end[road] - start)
        return point

    def piece_of(self, road: I, share: F) -> I:
        """(K,) the piece at a share of a road."""
        key = self.road + self.low
        piece: I = np.searchsorted(key, road + np.clip(share, 1e-9, 1 - 1e-9), side="right") - 1
        return piece

    def around(self, block: I) -> tuple[I, I]:
        """(which, piece) every pair of one of `block` (K,) and a street piece beside it."""
        row, side = np.nonzero(self.side_road[block] >= 0)
        b = block[row]
        tiny = 1e-9
        first = self.piece_of(self.side_road[b, side], self.side_low[b, side] + tiny)
        last = self.piece_of(self.side_road[b, side], self.side_high[b, side] - tiny)
        count = last - first + 1
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.repeat(row, count), np.repeat(first, count) + offset

    def drawn(self, piece: I, terrain: Terrain) -> tuple[I, F]:
        """(starts, vertices) of street pieces as they lie on the land, m."""
        return routed(self.node[self.first[piece]], self.node[self.last[piece]], terrain)


def routed(start: F, end: F, terrain: Terrain) -> tuple[I, F]:
    """(K+1 starts, vertices) on the land of straight stretches (K,2) to (K,2) of the plan."""
    length = np.hypot(*(end - start).T)
    count = np.maximum(np.ceil(length / STEP_M).astype(np.int64), 1) + 1
    starts = np.concatenate([[0], np.cumsum(count)])
    step = np.arange(starts[-1]) - np.repeat(starts[:-1], count)
    share = (step / np.repeat(count - 1, count))[:, None]
    flat = np.repeat(start, count, axis=0) * (1 - share) + np.repeat(end, count, axis=0) * share
    return starts, terrain.laid(flat)


def planned(survey: Survey, terrain: Terrain) -> Plan:
    """The columns of a finished survey."""
    node = np.array(survey.points)
    stops = [
        (r, share, n)
        for r, road in enumerate(survey.roads)
        for n, share in sorted(road.stops.items(), key=lambda stop: stop[1])
    ]
    road, share, at = (np.array(column) for column in zip(*stops, strict=True))
    joined = np.flatnonzero(road[:-1] == road[1:])
    first, last = at[joined], at[joined + 1]
    starts, vertices = routed(node[first], node[last], terrain)
    steps = np.hypot(*np.diff(vertices, axis=0, append=vertices[-1:]).T)
    steps[starts[1:] - 1] = 0.0
    return Plan(
        node=node,
        road_kind=np.array([r.kind for r in survey.roads]),
        road_start=np.array([r.start for r in survey.roads]),
        road_end=np.array([r.end for r in survey.roads]),
        road=road[joined],
        first=first,
        last=last,
        low=share[joined],
        high=share[joined + 1],
        length_m=np.add.reduceat(steps, starts[:-1]),
        **_blocks(survey, node),
    )


def _blocks(survey: Survey, node: F) -> dict[str, np.ndarray]:
    most = max(len(cell.corners) for cell in survey.blocks)
    shape = len(survey.blocks), most
    corner = np.zeros((*shape, 2))
    road = np.full(shape, -1, dtype=np.int64)
    begin, finish = np.zeros(shape), np.ones(shape)
    for b, cell in enumerate(survey.blocks):
        n = len(cell.corners)
        corner[b, :n] = node[cell.corners]
        corner[b, n:] = corner[b, 0]
        road[b, :n] = cell.roads
        for k, (r, here) in enumerate(zip(cell.roads, cell.corners, strict=True)):
            begin[b, k] = survey.roads[r].stops[here]
            finish[b, k] = survey.roads[r].stops[cell.corners[(k + 1) % n]]
    return {
        "corner": corner,
        "sides": np.array([len(cell.corners) for cell in survey.blocks]),
        "side_road": road,
        "side_low": np.minimum(begin, finish),
        "side_high": np.maximum(begin, finish),
        "forward": begin < finish,
    }
