"""Buildings along the streets, and how many of them the town needs.

Sides of a block are built along from the longest to the shortest. A building keeps as far from
other streets as it stands from its own, and clear of the rows by longer sides: as blocks are
convex, none ever overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from commonwatt.city.generate.blocks import BUILDS, NAMES, Blocks
from commonwatt.city.generate.plan import Plan
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I

SHOPS = {"old": 0.35, "flats": 0.07, "core": 0.2, "terraces": 0.01, "business": 0.3}
"""Share of buildings with a shop at street level, by way to build."""
BEHIND_M = 7.0
"""Least depth of a garden or court behind a building."""
_SEVERAL = 0.12
"""Share of detached houses with a second home under the roof."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Buildings:
    """M buildings.

    Attributes:
        block: (M,).
        build: (M,) way to build, number among `NAMES`.
        shop: (M,) 1 with a shop at street level.
        homes: (M,).
        storeys: (M,).
        road: (M,) the road it faces.
        share: (M,) of that road, where its door is.
        right: (M,) 1 on the right-hand side of the road.
        corner: (M,4,2) on the flat plane, m; the first two face the street.
    """

    block: I
    build: I
    shop: I
    homes: I
    storeys: I
    road: I
    share: F
    right: I
    corner: F

    def __len__(self) -> int:
        """How many."""
        return self.block.size

    def take(self, rows: I) -> Buildings:
        """Some of them, in the given order."""
        return Buildings(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @property
    def middle(self) -> F:
        """(M,2) on the flat plane."""
        middle: F = self.corner.mean(axis=1)
        return middle

    @property
    def footprint_m2(self) -> F:
        """(M,) area on the ground."""
        front = np.hypot(*(self.corner[:, 1] - self.corner[:, 0]).T)
        deep = np.hypot(*(self.corner[:, 2] - self.corner[:, 1]).T)
        area: F = front * deep
        return area


def raised(plan: Plan, blocks: Blocks, rng: Rng) -> Buildings:
    """Buildings on every side of every block, room permitting."""
    block, side = np.nonzero(plan.side_road >= 0)
    spec = _Specs.of(blocks.build[block])
    low, high, count = _rows(plan, block, side, spec)
    slack = np.where(count > 0, high - low - count * (spec.width + spec.gap) + spec.gap, 0.0)
    row = np.repeat(np.arange(block.size), count)
    place = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    spec = spec.take(row)
    spread = np.where(spec.gap > 0, slack[row] / count[row], 0.0)
    before = 0.5 * np.where(spec.gap > 0, spread, slack[row])
    begin = low[row] + place * (spec.width + spec.gap + spread) + before
    whole = (spec.row == 0) | (place % (spec.row + 1) != spec.row) | (count[row] <= 2)
    found = _placed(plan, blocks, (block[row], side[row]), begin, spec=spec, rng=rng)
    return found.take(np.flatnonzero(whole))


def _rows(plan: Plan, block: I, side: I, spec: _Specs) -> tuple[F, F, I]:
    """From, to (m from the side's first corner) and number of buildings by every block side."""
    length = _length(plan, block, side)
    rank = np.zeros(plan.side_road.shape)
    rank[block, side] = -length
    turn = np.argsort(np.argsort(rank, axis=1, kind="stable"), axis=1)[block, side]
    taken = np.zeros(plan.side_road.shape, dtype=np.bool_)
    low, high = np.zeros(block.size), np.zeros(block.size)
    count = np.zeros(block.size, dtype=np.int64)
    for now in range(plan.side_road.shape[1]):
        rows = np.flatnonzero(turn == now)
        here = spec.take(rows)
        low[rows], high[rows] = _room(plan, block[rows], side[rows], here, taken)
        fits = np.floor((high[rows] - low[rows] + here.gap) / (here.width + here.gap))
        count[rows] = np.maximum(fits, 0)
        taken[block[rows], side[rows]] = count[rows] > 0
    return low, high, count


@dataclass(frozen=True, kw_only=True, eq=False)
class _Specs:
    """Columns of `Build`, one entry per block side or building."""

    width: F
    gap: F
    depth: F
    setback: F
    row: I

    @classmethod
    def of(cls, build: I) -> _Specs:
        table = {
            f.name: np.array([getattr(BUILDS[name], f.name) for name in NAMES])[build]
            for f in fields(cls)
        }
        return cls(**table)

    def take(self, rows: I) -> _Specs:
        return _Specs(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def _frame(plan: Plan, block: I, side: I) -> tuple[F, F, F]:
    """Corner, direction and inward normal of block sides, each (K,2)."""
    corner = plan.corner[block, side]
    beyond = np.where(side + 1 < plan.sides[block], side + 1, 0)
    along = plan.corner[block, beyond] - corner
    along = along / np.hypot(*along.T)[:, None]
    return corner, along, np.column_stack([-along[:, 1], along[:, 0]])


def _length(plan: Plan, block: I, side: I) -> F:
    """(K,) length of block sides on the flat plane, m."""
    beyond = np.where(side + 1 < plan.sides[block], side + 1, 0)
    length: F = np.hypot(*(plan.corner[block, beyond] - plan.corner[block, side]).T)
    return length


def _room(plan: Plan, block: I, side: I, spec: _Specs, taken: B) -> tuple[F, F]:
    """Where along a side buildings may stand: from and to, m from its corner.

    Args:
        plan: streets and blocks.
        block: (K,) blocks.
        side: (K,) one side of each.
        spec: what is to be built there.
        taken: (B,M) sides that have their row of buildings already.
    """
    corner, along, inward = _frame(plan, block, side)
    low, high = np.zeros(block.size), _length(plan, block, side)
    behind = spec.setback + spec.depth + np.maximum(spec.gap, BEHIND_M)
    for other in range(plan.corner.shape[1]):
        counts = (other < plan.sides[block]) & (other != side)
        at, _, facing = _frame(plan, block, np.where(counts, other, side))
        keep = np.where(taken[block, other], behind, spec.setback)
        slope = (along * facing).sum(axis=1)
        for deep in (spec.setback, spec.setback + spec.depth):
            start = ((corner + deep[:, None] * inward - at) * facing).sum(axis=1)
            reach = (keep - start) / np.where(np.abs(slope) < 1e-9, 1e-9, slope)
            low = np.where(counts & (slope > 1e-9), np.maximum(low, reach), low)
            high = np.where(counts & (slope < -1e-9), np.minimum(high, reach), high)
            blocked = counts & (np.abs(slope) <= 1e-9) & (start < keep)
            high = np.where(blocked, -np.inf, high)
    return low, np.where(high > low, high, low - 1.0)


def _placed(
    plan: Plan, blocks: Blocks, at: tuple[I, I], begin: F, *, spec: _Specs, rng: Rng
) -> Buildings:
    block, side = at
    number = np.arange(block.size)
    u = rng.uniform("generate.buildings", number[:, None], np.arange(6)).T
    corner, along, inward = _frame(plan, block, side)
    loose = spec.gap > 0
    width = spec.width * np.where(loose, 0.85 + 0.15 * u[0], 1.0)
    left = begin + (spec.width - width) * u[1]
    front = spec.setback + np.where(loose, 0.18 * spec.depth * u[2], 0.05 * spec.depth * u[2])
    back = spec.setback + spec.depth * np.where(loose, 1.0 - 0.08 * u[3], 1.0 - 0.12 * u[3])
    box = [(left, front), (left + width, front), (left + width, back), (left, back)]
    corners = np.stack([corner + x[:, None] * along + y[:, None] * inward for x, y in box], axis=1)
    road, forward = plan.side_road[block, side], plan.forward[block, side]
    low, high = plan.side_low[block, side], plan.side_high[block, side]
    run = (left + width / 2) / _length(plan, block, side)
    build = blocks.build[block]
    return Buildings(
        block=block,
        build=build,
        shop=(u[4] < _by_build(SHOPS)[build]).astype(np.int64),
        homes=_homes(build, u[5], rng.uniform("generate.second", number, 0)),
        storeys=_between([BUILDS[n].storeys for n in NAMES], build, u[5]),
        road=road,
        share=np.where(forward, low + run * (high - low), high - run * (high - low)),
        right=1 - forward.astype(np.int64),
        corner=corners,
    )


def _homes(build: I, luck: F, second: F) -> I:
    homes = _between([BUILDS[n].homes for n in NAMES], build, luck)
    houses = build == NAMES.index("houses")
    number: I = homes + (houses & (second < _SEVERAL))
    return number


def _between(bounds: list[tuple[int, int]], build: I, luck: F) -> I:
    """Whole numbers from least to most, each equally likely."""
    low, high = np.array(bounds)[build].T
    number: I = low + np.floor(luck * (high - low + 1)).astype(np.int64)
    return number


def _by_build(shares: dict[str, float]) -> F:
    return np.array([shares.get(name, 0.0) for name in NAMES])
