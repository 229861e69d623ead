"""What is not a home: shops, offices, schools, public charge points and street lamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from commonwatt.city.generate.network import Trenches
from commonwatt.city.generate.plan import Plan
from commonwatt.city.generate.town import Town, areas_m2
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I

DESIGN_C, ROOM_C, DESIGN_COP = -12.0, 21.0, 2.4
LOSS_W_PER_M2_K = 0.75
"""Heat loss of the envelope of a renovated school or office, per floor area."""
FRESH_W_PER_M2_K = 0.3
"""What fresh air takes beside it while people are there."""
TIME_CONSTANT_H = 80.0
HEADROOM = 1.2
PLUGS_KW_PER_M2 = 0.02
"""Peak of plugs, light and fans in schools and offices."""
SHOP_MWH_PER_M2 = 0.11
LARGEST_M2 = 4_000.0
HOMES_PER_POST = 90
"""One public charge point for so many homes: three times the German stock of 2024."""
POST_KW = 22.0
POST_USED = 0.6
"""Share of their power that charge points ask for at once, for the planner."""
LAMP_ROWS = {
    "main": ("M4", 0.075, 32.0),
    "collector": ("M5", 0.050, 34.0),
    "residential": ("P4", 0.026, 38.0),
    "lane": ("P3", 0.030, 28.0),
    "edge": ("P5", 0.020, 45.0),
}
"""EN 13201 class, LED power in kW and spacing in m, by kind of street."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Works:
    """Schools and offices (N,), and shops (K,).

    Attributes:
        building: (N,) which building.
        use: (N,) school or office.
        floor_m2: (N,).
        loss_kw_per_k: (N,).
        rated_kw: (N,) of the heat pump.
        shop: (K,) which building.
        shop_mwh: (K,) a year.
    """

    building: I
    use: np.ndarray
    floor_m2: F
    loss_kw_per_k: F
    rated_kw: F
    shop: I
    shop_mwh: F


def working(town: Town, rng: Rng) -> Works:
    """Schools, offices and shops of the town; a school is metered once, whatever its houses."""
    kind, area = town.kind, areas_m2(town.buildings)
    number = np.arange(kind.size)
    school = kind == "school"
    block = town.buildings.block
    whole = np.bincount(block[school], area[school], town.developed.size)
    first = np.zeros_like(school)
    first[np.unique(np.where(school, block, -1), return_index=True)[1]] = True
    metered = (school & first) | (kind == "office")
    floor = np.minimum(np.where(school, whole[block], area), LARGEST_M2)[metered]
    tight = 0.85 + 0.3 * rng.uniform("generate.tight", number[metered], 0)
    loss = LOSS_W_PER_M2_K * tight * floor / 1e3
    fresh = FRESH_W_PER_M2_K * floor / 1e3
    shop = np.flatnonzero(town.buildings.shop > 0)
    on_street = np.minimum(0.75 * town.buildings.footprint_m2[shop], 600.0)
    return Works(
        building=number[metered],
        use=np.where(school, "school", "office")[metered],
        floor_m2=floor,
        loss_kw_per_k=loss,
        rated_kw=HEADROOM * (loss + fresh) * (ROOM_C - DESIGN_C) / DESIGN_COP,
        shop=shop,
        shop_mwh=SHOP_MWH_PER_M2 * on_street * np.exp(0.4 * rng.normal("generate.shop", shop, 0)),
    )


def posts(town: Town, homes: int, rng: Rng) -> I:
    """Buildings before which public charge points stand: where many have no drive."""
    count = max(1, round(homes / HOMES_PER_POST))
    kind = town.kind
    draw = np.where(np.isin(kind, ["shop", "apartments", "office", "town_house"]), 1.0, 0.08)
    weight = draw * np.maximum(town.buildings.homes, 2)
    luck = -np.log(rng.uniform("generate.posts", np.arange(kind.size), 0)) / weight
    chosen: I = np.sort(np.argsort(luck, kind="stable")[:count])
    return chosen


@dataclass(frozen=True, kw_only=True, eq=False)
class Lamps:
    """L street lamps.

    Attributes:
        at: (L,2) on the flat plane, m.
        area: (L,) the station whose cabinet feeds each.
        road_class: (L,) EN 13201 class.
        rated_kw: (L,).
    """

    at: F
    area: I
    road_class: np.ndarray
    rated_kw: F


def lit(plan: Plan, streets: B, trenches: Trenches) -> Lamps:
    """Lamps along all `streets` (E,), at the pavement, on alternate sides of wide roads."""
    piece = np.flatnonzero(streets)
    kind = plan.kind[piece]
    spacing = np.array([LAMP_ROWS[k][2] for k in kind])
    count = np.maximum(np.rint(plan.length_m[piece] / spacing), 1).astype(np.int64)
    row = np.repeat(np.arange(piece.size), count)
    place = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    run = (place + 0.5) / count[row]
    on = piece[row]
    share = plan.low[on] + run * (plan.high[on] - plan.low[on])
    road = plan.road[on]
    along = plan.road_end[road] - plan.road_start[road]
    aside = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
    wide = np.isin(kind, ["main", "collector"])[row]
    side = np.where(wide & (place % 2 == 1), -1.0, 1.0)[:, None]
    at = plan.at(road, share) + np.where(wide, 5.0, 3.5)[:, None] * side * aside
    return Lamps(
        at=at,
        area=_nearest(trenches, at),
        road_class=np.array([LAMP_ROWS[k][0] for k in kind])[row],
        rated_kw=np.array([LAMP_ROWS[k][1] for k in kind])[row],
    )


def _nearest(trenches: Trenches, at: F) -> I:
    """(L,) area of the joint nearest to each lamp."""
    joints = np.unique(trenches.joint)
    _, found = cKDTree(trenches.at[joints]).query(at)
    area: I = trenches.area[joints[found]]
    return area
