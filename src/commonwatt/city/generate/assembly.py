"""The finished city: tables of everything that was planned, and the layers of its map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull

from commonwatt.city.drawing import Layer, Shape
from commonwatt.city.generate import names, profiles
from commonwatt.city.generate.adoption import Assets
from commonwatt.city.generate.households import Households
from commonwatt.city.generate.metered import Meters
from commonwatt.city.generate.services import POST_KW, TIME_CONSTANT_H, Lamps, Works
from commonwatt.city.generate.terrain import PLACE, lonlat
from commonwatt.city.generate.town import Town
from commonwatt.city.generate.wires import Grid, unsited
from commonwatt.city.generate.wiring import Wiring
from commonwatt.city.importers.draft import fuses_kw
from commonwatt.city.model import City, indexed
from commonwatt.city.registry import kinds
from commonwatt.kernel.tables import CONNECTION, NEIGHBOURHOOD, Column, Table, checked
from commonwatt.kernel.units import I

REACTIVE = 0.25
"""Reactive over active power of homes and shops: a power factor of 0.97."""
SIDE_STEPS = 12
"""Vertices drawn for each straight side of a neighbourhood."""
HOURS = {"school": (8.0, 16.0), "office": (7.5, 18.0)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """All that was planned for a town."""

    name: str
    town: Town
    homes: Households
    works: Works
    wiring: Wiring
    grid: Grid
    meters: Meters
    owned: Assets
    lamps: Lamps
    streets: list[str]
    quarters: list[str]


def assembled(parts: Parts) -> City:
    """A city from all its parts."""
    series, mwh_per_kw = profiles.year(PLACE)
    town, meters, owned = parts.town, parts.meters, parts.owned
    assets = {
        "consumer": _consumers(parts.homes, parts.works, meters, mwh_per_kw),
        "building": _buildings(parts.works, meters),
        "lamp": _lamps(town, parts.lamps, meters),
        **{
            kind: _behind(kind, rows, columns, meters.ids)
            for kind, (rows, columns) in owned.items()
            if rows.size
        },
    }
    assets["charger"] = _with_posts(owned, meters)
    fuse = fuses_kw(assets, len(meters.ids))
    connections = unsited(
        CONNECTION,
        meters.ids,
        {
            "bus": meters.bus,
            "neighbourhood": [parts.quarters[q] for q in meters.quarter],
            "use": meters.use,
            "fuse_kw": fuse,
        },
    )
    tables = {
        **parts.grid.tables,
        **{kind: table for kind, table in assets.items() if len(table)},
        "neighbourhood": _neighbourhoods(town, parts.homes, parts.quarters),
    }
    return City(
        name=parts.name,
        place=PLACE,
        connections=connections,
        tables=indexed(tables),
        series=series,
        layers=_layers(parts),
    )


def _sited(
    kind: str, ids: Sequence[str], at: I, columns: Mapping[str, Column | list[str]]
) -> Table:
    schema = kinds()[kind]
    rows = np.arange(len(ids), dtype=np.int64)
    return Table(schema, tuple(ids), rows, at, checked(schema, columns, f"generated {kind}"))


def _behind(kind: str, at: I, columns: Mapping[str, Column], ids: list[str]) -> Table:
    """Assets called after the connection they hang on."""
    return _sited(kind, [ids[c].replace("connection", kind, 1) for c in at], at, columns)


def _consumers(
    homes: Households, works: Works, meters: Meters, mwh_per_kw: Mapping[str, float]
) -> Table:
    peak = np.concatenate([homes.mwh / mwh_per_kw["h25"], works.shop_mwh / mwh_per_kw["g25"]])
    at = np.concatenate([np.arange(homes.mwh.size), meters.shop])
    columns = {
        "profile": np.array(["h25"] * homes.mwh.size + ["g25"] * works.shop.size),
        "peak_kw": peak,
        "peak_kvar": REACTIVE * peak,
    }
    return _behind("consumer", at, columns, meters.ids)


def _buildings(works: Works, meters: Meters) -> Table:
    hours = np.array([HOURS[use] for use in works.use]).reshape(-1, 2)
    columns: dict[str, Column] = {
        "use": works.use,
        "floor_m2": works.floor_m2,
        "rated_kw": works.rated_kw,
        "loss_kw_per_k": works.loss_kw_per_k,
        "mass_kwh_per_k": TIME_CONSTANT_H * works.loss_kw_per_k,
        "open_h": hours[:, 0],
        "close_h": hours[:, 1],
    }
    return _behind("building", meters.work, columns, meters.ids)


def _lamps(town: Town, lamps: Lamps, meters: Meters) -> Table:
    where = np.round(lonlat(town.terrain.laid(lamps.at)), 7)
    columns: dict[str, Column] = {
        "rated_kw": lamps.rated_kw,
        "road_class": lamps.road_class,
        "lon": where[:, 0],
        "lat": where[:, 1],
    }
    ids = [f"lamp/{k + 1}" for k in range(lamps.rated_kw.size)]
    return _sited("lamp", ids, meters.cabinet[lamps.area], columns)


def _with_posts(owned: Assets, meters: Meters) -> Table:
    """Cars at home, and public charge points: 18 kWh a day in stays of three hours."""
    home, columns = owned["charger"]
    count = meters.post.size
    posts = {"rated_kw": POST_KW, "daily_kwh": 18.0, "arrival_h": 13.0, "stay_h": 3.0}
    both = {n: np.concatenate([c, np.full(count, posts[n])]) for n, c in columns.items()}
    return _behind("charger", np.concatenate([home, meters.post]), both, meters.ids)


def _neighbourhoods(town: Town, homes: Households, quarters: list[str]) -> Table:
    quarter = town.quarter[homes.building]
    here = np.unique(quarter)
    count = np.bincount(quarter)[here]
    people = np.bincount(quarter, homes.people)[here]
    order = np.lexsort((homes.income_eur, quarter))
    middle = np.searchsorted(quarter[order], here) + (count - 1) // 2
    chosen = [quarters[q] for q in here]
    return unsited(
        NEIGHBOURHOOD,
        [f"neighbourhood/{names.plain(name)}" for name in chosen],
        {
            "name": chosen,
            "homes": count,
            "people": people,
            "income_eur": homes.income_eur[order][middle],
            "owned_share": np.bincount(quarter, homes.owner)[here] / count,
            "young_share": np.bincount(quarter, homes.children)[here] / people,
            "old_share": np.bincount(quarter, homes.elderly)[here] / people,
        },
    )


def _layers(parts: Parts) -> dict[str, Layer]:
    town, grid = parts.town, parts.grid
    piece = np.flatnonzero(parts.wiring.streets)
    starts, vertices = town.plan.drawn(piece, town.terrain)
    return {
        "neighbourhood": _quarter_layer(town, parts.quarters),
        "street": Layer.drawn(
            Shape.LINE,
            starts,
            lonlat(vertices),
            name=[parts.streets[r] for r in town.plan.road[piece]],
            kind=town.plan.kind[piece].tolist(),
        ),
        "building": _building_layer(town, parts.meters),
        "line": Layer.drawn(
            Shape.LINE, grid.route_starts, lonlat(grid.route), id=list(grid.tables["line"].ids)
        ),
        "connection": Layer.points(parts.meters.at, id=parts.meters.ids),
    }


def _building_layer(town: Town, meters: Meters) -> Layer:
    count = len(town.buildings)
    first: list[str | None] = [None] * count
    homes = np.repeat(np.arange(count), town.buildings.homes)
    for connection in range(homes.size - 1, -1, -1):
        first[homes[connection]] = meters.ids[connection]
    return Layer.drawn(
        Shape.POLYGON,
        4 * np.arange(count + 1),
        lonlat(town.footprints().reshape(-1, 2)),
        kind=town.kind.tolist(),
        connection=first,
        homes=town.buildings.homes.tolist(),
    )


def _quarter_layer(town: Town, quarters: list[str]) -> Layer:
    """Outlines of the neighbourhoods where people live, bent like the streets around them."""
    lived = np.unique(town.quarter[town.buildings.homes > 0])
    rings = []
    for q in lived:
        blocks = np.flatnonzero((town.blocks.quarter == q) & town.developed)
        corners = town.plan.corner[blocks].reshape(-1, 2)
        hull = corners[ConvexHull(corners).vertices]
        share = np.linspace(0, 1, SIDE_STEPS, endpoint=False)[:, None]
        sides = [a + share * (b - a) for a, b in zip(hull, np.roll(hull, -1, 0), strict=True)]
        rings.append(np.concatenate(sides))
    starts = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    outline = lonlat(town.terrain.laid(np.concatenate(rings)))
    return Layer.drawn(Shape.POLYGON, starts, outline, name=[quarters[q] for q in lived])
