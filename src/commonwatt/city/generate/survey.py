"""The ground plan: a town outline cut into ever smaller cells, every cut a street.

A convex cell is cut across its longer side until it is a block between streets. Blocks stay convex,
streets meet in T's and, where a cut finds another within reach, in crossings. The plane is flat and
streets are straight here; `terrain` bends them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import atan2, cos, hypot, pi, sin

Point = tuple[float, float]

CORNER_M = 26.0
"""Streets meet no nearer to a corner than this, where the block allows it."""
SNAP_M = 24.0
"""A cut that ends this near to another street's end across the road meets it."""
COLLECTOR_HA = 9.0
"""Cuts through cells above this are collector roads."""


@dataclass(frozen=True)
class Road:
    """A straight street.

    Attributes:
        kind: main, collector, residential, lane or edge (a lane between town and fields).
        start: first end, m.
        end: last end.
        stops: where it meets others: share of its length, by node.
    """

    kind: str
    start: Point
    end: Point
    stops: dict[int, float] = field(default_factory=dict)


@dataclass
class Cell:
    """A convex piece of land between streets.

    Attributes:
        corners: nodes, anticlockwise.
        roads: `roads[i]` runs from corner i to the next.
        children: cells it was cut into; empty for a block.
        blocks: (first, last+1) of the blocks within, in the order of `Survey.blocks`.
    """

    corners: list[int]
    roads: list[int]
    children: list[Cell] = field(default_factory=list)
    blocks: tuple[int, int] = (0, 0)


Grain = Callable[[Point], tuple[float, float]]
"""Longest and shortest side a block may have at a place, m."""
Luck = Callable[[int, int], float]
"""A uniform draw for (number of the cut, which draw)."""


class Survey:
    """Nodes, roads and cells under construction.

    Args:
        luck: decides where and how askew cuts are.
        grain: how large blocks may be.
    """

    def __init__(self, luck: Luck, grain: Grain) -> None:
        self.points: list[Point] = []
        self.roads: list[Road] = []
        self.blocks: list[Cell] = []
        self._luck, self._grain = luck, grain
        self._cuts = 0

    def node(self, point: Point) -> int:
        """A new node."""
        self.points.append(point)
        return len(self.points) - 1

    def road(self, kind: str, first: int, last: int) -> int:
        """A new road between two nodes."""
        ends = self.points[first], self.points[last]
        self.roads.append(Road(kind, *ends, {first: 0.0, last: 1.0}))
        return len(self.roads) - 1

    def divide(self, cell: Cell) -> None:
        """Cut `cell` down to blocks, and number them."""
        first = len(self.blocks)
        middle, (along, low, high), (across, left, right) = self._measure(cell)
        longest, shortest = self._grain(middle)
        stretch = 0.85 + 0.3 * self._luck(self._cuts, 0)
        if high - low > longest * stretch:
            self._cut(cell, along, (low, high), middle)
        elif right - left > shortest * stretch:
            self._cut(cell, across, (left, right), middle)
        if cell.children:
            for child in cell.children:
                self.divide(child)
        else:
            self.blocks.append(cell)
        cell.blocks = first, len(self.blocks)

    def split(self, cell: Cell, through: Point, heading: float, kind: str) -> None:
        """Cut `cell` in two by a road through a point; nothing happens if the line misses it."""
        side = [self._beside(corner, through, heading) for corner in cell.corners]
        count = len(side)
        crossed = [k for k in range(count) if (side[k] > 0) != (side[(k + 1) % count] > 0)]
        if len(crossed) != 2:
            return
        ends = []
        for k in crossed:
            share = side[k] / (side[k] - side[(k + 1) % count])
            ends.append(self._meet(cell, k, share))
        road = self.road(kind, *ends)
        (i, j), (a, b) = crossed, ends
        inner = cell.corners[i + 1 : j + 1]
        outer = cell.corners[j + 1 :] + cell.corners[: i + 1]
        cell.children = [
            Cell([a, *inner, b], [*cell.roads[i : j + 1], road]),
            Cell([b, *outer, a], [*cell.roads[j:], *cell.roads[: i + 1], road]),
        ]

    def area_ha(self, cell: Cell) -> float:
        """Area of a cell in hectares."""
        ring = [self.points[c] for c in cell.corners]
        pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
        return abs(sum(p[0] * q[1] - q[0] * p[1] for p, q in pairs)) / 2e4

    def _cut(self, cell: Cell, heading: float, span: tuple[float, float], middle: Point) -> None:
        """Cut across `heading`, somewhere near the middle of `span`."""
        self._cuts += 1
        low, high = span
        at = low + (high - low) * (0.5 + 0.2 * (self._luck(self._cuts, 1) - 0.5))
        here = middle[0] * cos(heading) + middle[1] * sin(heading)
        through = (
            middle[0] + (at - here) * cos(heading),
            middle[1] + (at - here) * sin(heading),
        )
        askew = 0.16 * (self._luck(self._cuts, 2) - 0.5)
        wide = self.area_ha(cell) > COLLECTOR_HA
        small = self._grain(middle)[1] < 90
        kind = "collector" if wide else "lane" if small else "residential"
        self.split(cell, through, heading + pi / 2 + askew, kind)

    def _measure(
        self, cell: Cell
    ) -> tuple[Point, tuple[float, float, float], tuple[float, float, float]]:
        """Middle, and (heading, low, high) along the longer and the shorter side of its box."""
        ring = [self.points[c] for c in cell.corners]
        middle = (sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring))
        best: tuple[float, float] = (float("inf"), 0.0)
        for p, q in zip(ring, [*ring[1:], ring[0]], strict=True):
            heading = atan2(q[1] - p[1], q[0] - p[0])
            (low, high), (left, right) = _extent(ring, heading), _extent(ring, heading + pi / 2)
            best = min(best, ((high - low) * (right - left), heading))
        sides = [(h, *_extent(ring, h)) for h in (best[1], best[1] + pi / 2)]
        sides.sort(key=lambda side: side[1] - side[2])
        return middle, sides[0], sides[1]

    def _beside(self, corner: int, through: Point, heading: float) -> float:
        x, y = self.points[corner]
        return (y - through[1]) * cos(heading) - (x - through[0]) * sin(heading)

    def _meet(self, cell: Cell, edge: int, share: float) -> int:
        """The node where a cut meets an edge: a near end of another street, or a new one."""
        count = len(cell.corners)
        first, last = cell.corners[edge], cell.corners[(edge + 1) % count]
        (ax, ay), (bx, by) = self.points[first], self.points[last]
        length = hypot(bx - ax, by - ay)
        margin = min(CORNER_M / length, 0.35)
        share = min(max(share, margin), 1 - margin)
        road = self.roads[cell.roads[edge]]
        low, high = sorted((road.stops[first], road.stops[last]))
        at = road.stops[first] + share * (road.stops[last] - road.stops[first])
        whole = hypot(road.end[0] - road.start[0], road.end[1] - road.start[1])
        gap = 0.6 * margin * length / whole
        near = [
            (abs(stop - at), node)
            for node, stop in road.stops.items()
            if low + gap < stop < high - gap and abs(stop - at) * whole < SNAP_M
        ]
        if near:
            return min(near)[1]
        node = self.node((ax + share * (bx - ax), ay + share * (by - ay)))
        road.stops[node] = at
        return node


def _extent(ring: list[Point], heading: float) -> tuple[float, float]:
    along = [p[0] * cos(heading) + p[1] * sin(heading) for p in ring]
    return min(along), max(along)
