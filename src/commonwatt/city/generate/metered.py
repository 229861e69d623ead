"""Connections: every home, shop, office, school, charge point and lighting cabinet has a meter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.city.generate import names
from commonwatt.city.generate.households import Households
from commonwatt.city.generate.services import Works
from commonwatt.city.generate.terrain import lonlat
from commonwatt.city.generate.town import Town
from commonwatt.city.generate.wires import Grid
from commonwatt.city.generate.wiring import Wiring
from commonwatt.kernel.units import F, I


@dataclass(frozen=True, kw_only=True, eq=False)
class Meters:
    """C connections: homes first, then works, shops, charge points and cabinets.

    Attributes:
        ids: (C,) by street and house number.
        bus: (C,).
        quarter: (C,) neighbourhood.
        use: (C,).
        at: (C,2) degrees east and north.
        work: (N,) connection of every school and office.
        shop: (K,) of every shop.
        post: (P,) of every charge point.
        cabinet: (S,) of every station's lighting cabinet.
    """

    ids: list[str]
    bus: I
    quarter: I
    use: list[str]
    at: F
    work: I
    shop: I
    post: I
    cabinet: I


def connected(
    town: Town, *, homes: Households, works: Works, posts: I, wiring: Wiring, grid: Grid,
    streets: list[str],
) -> Meters:  # fmt: skip
    """A meter for everybody."""
    building = np.concatenate([homes.building, works.building, works.shop, posts])
    counts = (homes.building.size, works.building.size, works.shop.size, posts.size)
    edges = np.cumsum((0, *counts))
    stations = wiring.station.size
    cabinet = int(edges[-1]) + np.arange(stations)
    at = np.concatenate([_doors(town, building), town.plan.node[wiring.station]])
    middle = town.blocks.middle
    nearest = [
        int(town.blocks.quarter[np.argmin(np.hypot(*(middle - here).T))])
        for here in town.plan.node[wiring.station]
    ]
    return Meters(
        ids=_addresses(town, building, edges, streets)
        + [f"connection/lighting-{s + 1}" for s in range(stations)],
        bus=np.concatenate([grid.bus_of[wiring.trenches.joint[building]], grid.busbar]),
        quarter=np.concatenate([town.quarter[building], np.array(nearest, dtype=np.int64)]),
        use=["home"] * counts[0]
        + ["school" if use == "school" else "business" for use in works.use]
        + ["business"] * counts[2]
        + ["charge_point"] * counts[3]
        + ["lighting"] * stations,
        at=lonlat(town.terrain.laid(at)),
        work=np.arange(edges[1], edges[2]),
        shop=np.arange(edges[2], edges[3]),
        post=np.arange(edges[3], edges[4]),
        cabinet=cabinet,
    )


def _doors(town: Town, building: I) -> F:
    """(C,2) a place in its building for every meter, side by side where there are several."""
    order = np.argsort(building, kind="stable")
    grouped = building[order]
    place = np.arange(grouped.size) - np.searchsorted(grouped, grouped, side="left")
    share = np.empty(building.size)
    share[order] = (place + 0.5) / np.bincount(grouped)[grouped]
    corner = town.buildings.corner[building]
    front = corner[:, 0] + share[:, None] * (corner[:, 1] - corner[:, 0])
    back = corner[:, 3] + share[:, None] * (corner[:, 2] - corner[:, 3])
    door: F = (front + back) / 2
    return door


def _addresses(town: Town, building: I, edges: I, streets: list[str]) -> list[str]:
    """Ids such as connection/Lindenweg-12, with .2 for the second home and a word for the rest."""
    number = names.house_numbers(town.buildings)
    plainly = [names.plain(name) for name in streets]
    road = town.buildings.road
    words = ("", "-work", "-shop", "-charging")
    ids: list[str] = []
    for part, word in enumerate(words):
        here = building[edges[part] : edges[part + 1]]
        order = np.argsort(here, kind="stable")
        place = np.empty(here.size, dtype=np.int64)
        place[order] = np.arange(here.size) - np.searchsorted(here[order], here[order])
        shared = np.bincount(here, minlength=len(town.buildings))[here] > 1
        ids += [
            f"connection/{plainly[road[b]]}-{number[b]}{word}{f'.{k + 1}' if several else ''}"
            for b, k, several in zip(here.tolist(), place.tolist(), shared.tolist(), strict=True)
        ]
    return ids
