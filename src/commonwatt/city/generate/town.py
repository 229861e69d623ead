"""A town of so many homes: enough blocks from the middle outwards, its schools and its offices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.city.generate.blocks import BUILDS, NAMES, Blocks, built
from commonwatt.city.generate.buildings import Buildings, raised
from commonwatt.city.generate.outline import VILLAGE_HOMES, outline, surveyed
from commonwatt.city.generate.plan import Plan, planned
from commonwatt.city.generate.survey import Cell
from commonwatt.city.generate.terrain import Terrain
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I

FEWEST, MOST = 10, 200_000
HOMES_PER_HA = (12.0, 18.0)
"""Assumed at first in villages and towns; the outline grows until the homes fit."""
HOMES_PER_SCHOOL = 650
FEWEST_FOR_SCHOOL = 120
SCHOOL_SIDE_M = 105.0
"""A school needs a block with a side as long as this."""
HOMES_PER_OFFICE = 110
SPARE = 1.15
"""An outline has room for so many times the homes, so that its edge is where the town ends."""
RAGGED = 0.3
"""How uneven the town's edge is: noise on a block's distance from the middle."""
_SCHOOL, _GREEN, _BUSINESS = (NAMES.index(n) for n in ("school", "green", "business"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Town:
    """What stands where.

    Attributes:
        whole: the cell that holds every block.
        plan: streets and blocks, of which the outermost may be fields.
        terrain: how they lie on the land.
        blocks: what every block is.
        developed: (B,) blocks that belong to the town.
        buildings: M of them, by block from the middle outwards.
        kind: (M,) what each is called: detached, terrace, apartments, shop, office, school …
    """

    whole: Cell
    plan: Plan
    terrain: Terrain
    blocks: Blocks
    developed: B
    buildings: Buildings
    kind: np.ndarray

    @property
    def quarter(self) -> I:
        """(M,) neighbourhood of every building."""
        return self.blocks.quarter[self.buildings.block]

    def footprints(self) -> F:
        """(M,4,2) corners on the land, m: square, with their front along the bent street."""
        corner = self.buildings.corner
        front = self.terrain.laid(corner[:, :2])
        along = front[:, 1] - front[:, 0]
        along = along / np.hypot(*along.T)[:, None]
        deep = np.hypot(*(corner[:, 2] - corner[:, 1]).T)[:, None]
        back = deep * np.column_stack([-along[:, 1], along[:, 0]])
        return np.stack([front[:, 0], front[:, 1], front[:, 1] + back, front[:, 0] + back], axis=1)


def founded(homes: int, rng: Rng) -> Town:
    """A town of exactly `homes` homes.

    Raises:
        InvalidInput: that is fewer or more than a town may have.
    """
    if not FEWEST <= homes <= MOST:
        raise InvalidInput(
            f"a town of {homes} homes cannot be grown; ask for {FEWEST} to {MOST:,} homes"
        )
    density = HOMES_PER_HA[0 if homes < VILLAGE_HOMES else 1]
    while True:
        town = _tried(homes, density, rng)
        if town is not None:
            return town
        density *= 0.85


def _tried(homes: int, density: float, rng: Rng) -> Town | None:
    """The town within an outline, or None if its homes do not fit."""
    shape = outline(homes, density)
    survey, whole = surveyed(shape, rng)
    terrain = Terrain.of(rng)
    plan = planned(survey, terrain)
    blocks = built(survey, whole, plan, shape, rng)
    order = _settled(plan, blocks, rng)
    if homes >= FEWEST_FOR_SCHOOL:
        blocks = _with_schools(plan, blocks, raised(plan, blocks, rng), order, homes)
    buildings = raised(plan, blocks, rng)
    rank = np.argsort(order)
    buildings = buildings.take(np.argsort(rank[buildings.block], kind="stable"))
    until = np.cumsum(buildings.homes)
    if until[-1] < homes * SPARE:
        return None
    last = int(np.searchsorted(until, homes))
    edge = rank[buildings.block[last]]
    kept = _finished(buildings, last, homes, rank <= edge)
    kept = _with_offices(kept, blocks, homes)
    return Town(
        whole=whole,
        plan=plan,
        terrain=terrain,
        blocks=blocks,
        developed=rank <= edge,
        buildings=kept,
        kind=_kinds(kept),
    )


def _settled(plan: Plan, blocks: Blocks, rng: Rng) -> I:
    """(B,) blocks in the order in which a town takes them: outwards, along main roads first."""
    main = (plan.road_kind[plan.side_road] == "main") & (plan.side_road >= 0)
    noise = rng.uniform("generate.settled", np.arange(blocks.depth.size), 0) - 0.5
    quarter = rng.uniform("generate.settled.quarter", blocks.quarter, 0) - 0.5
    key = blocks.depth * (1 - 0.06 * main.any(axis=1)) + RAGGED * (0.35 * noise + 0.65 * quarter)
    order: I = np.argsort(key, kind="stable")
    return order


def _with_schools(plan: Plan, blocks: Blocks, buildings: Buildings, order: I, homes: int) -> Blocks:
    """Give a block to a school for every so many homes, spread over the town."""
    per_block = np.bincount(buildings.block, buildings.homes, blocks.build.size)[order]
    inside = order[: int(np.searchsorted(np.cumsum(per_block), homes)) + 1]
    build = blocks.build.copy()
    wanted = max(1, round(homes / HOMES_PER_SCHOOL))
    longest = np.hypot(*np.diff(plan.corner, axis=1).T).max(axis=0)
    free = ~np.isin(build, [_GREEN, _BUSINESS]) & (longest > SCHOOL_SIDE_M)
    fitting = inside[free[inside]]
    if not fitting.size:
        return blocks
    spread = np.unique(((np.arange(wanted) + 0.6) * fitting.size / wanted).astype(np.int64))
    build[fitting[np.minimum(spread, fitting.size - 1)]] = _SCHOOL
    return replace(blocks, build=build)


def _finished(buildings: Buildings, last: int, homes: int, settled: B) -> Buildings:
    """Exactly `homes` homes, the other buildings of settled blocks, two buildings per school."""
    number = np.arange(len(buildings))
    keep = np.where(buildings.homes > 0, number <= last, settled[buildings.block])
    first = np.concatenate([[True], buildings.block[1:] != buildings.block[:-1]])
    within = number - np.maximum.accumulate(np.where(first, number, 0))
    keep &= ~((buildings.build == _SCHOOL) & (within > 1)) & (buildings.build != _GREEN)
    count = buildings.homes.copy()
    count[last] -= int(count[: last + 1].sum()) - homes
    return replace(buildings, homes=count).take(np.flatnonzero(keep))


def _with_offices(buildings: Buildings, blocks: Blocks, homes: int) -> Buildings:
    """Where business quarters give too few offices, small houses near the middle become some.

    Shops go first; their people move next door.
    """
    have = int((buildings.build == _BUSINESS).sum())
    short = max(0, max(1, round(homes / HOMES_PER_OFFICE)) - have)
    small = np.flatnonzero((buildings.homes > 0) & (buildings.homes < 4))
    far = blocks.depth[buildings.block[small]] + (buildings.shop[small] == 0)
    near = small[np.argsort(far, kind="stable")][:short]
    build, count, shop = buildings.build.copy(), buildings.homes.copy(), buildings.shop.copy()
    build[near] = _BUSINESS
    moved = int(count[near].sum())
    count[near], shop[near] = 0, 0
    return replace(buildings, build=build, homes=_rehoused(count, moved), shop=shop)


def _rehoused(homes: I, moved: int) -> I:
    """The homes of those who made room, added one to a building to the fullest others."""
    hosts = np.argsort(-homes, kind="stable")[: int((homes > 0).sum())]
    extra = np.zeros_like(homes)
    np.add.at(extra, hosts[np.arange(moved) % hosts.size], 1)
    return homes + extra


def _kinds(buildings: Buildings) -> np.ndarray:
    """(M,) names on the map."""
    names = np.array([BUILDS[name].kind for name in NAMES])
    kind = names[buildings.build]
    return np.where(buildings.shop > 0, "shop", kind)


def areas_m2(buildings: Buildings) -> F:
    """(M,) floor area, all storeys, walls and stairs taken off."""
    area: F = 0.8 * buildings.footprint_m2 * buildings.storeys
    return area
