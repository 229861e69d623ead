"""The grid's tables, and where its lines run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from commonwatt.city.generate.catalogue import LV_CABLES, LV_KV, MV_CABLES, MV_KV, UNITS, Cable
from commonwatt.city.generate.plan import Plan, routed
from commonwatt.city.generate.terrain import Terrain, lonlat
from commonwatt.city.generate.wiring import Wiring
from commonwatt.kernel.tables import Column, Kind, Table, checked
from commonwatt.kernel.units import F, I
from commonwatt.sectors.grid.model import BUS, LINE, SOURCE, TRANSFORMER

SOURCE_PU = 1.02
"""The primary substations' tap changers hold this on their busbars."""
DYN5 = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Tables of the grid and what hangs on which bus.

    Attributes:
        tables: bus, line, transformer and source.
        bus_of: (V,) bus of every trench node that has one, else -1.
        busbar: (S,) low-voltage bus of every station.
        route_starts: (K+1,) where each line's vertices begin.
        route: (N,2) vertices on the land, m.
    """

    tables: dict[str, Table]
    bus_of: I
    busbar: I
    route_starts: I
    route: F


def unsited(kind: Kind, ids: Sequence[str], columns: dict[str, Column | list[str]]) -> Table:
    """A checked table whose rows hang on no connection."""
    rows = len(ids)
    return Table(
        kind,
        tuple(ids),
        np.arange(rows, dtype=np.int64),
        np.full(rows, -1, dtype=np.int64),
        checked(kind, columns, f"generated {kind.name}"),
    )


def drawn(wiring: Wiring, plan: Plan, terrain: Terrain) -> Grid:
    """Buses, lines, transformers and sources of a town's wiring."""
    trenches, rings = wiring.trenches, wiring.rings
    primaries, stations = rings.primary.size, wiring.station.size
    tapped = np.setdiff1d(wiring.feeders.lower, trenches.root)
    bus_of = np.full(len(trenches.at), -1, dtype=np.int64)
    busbar = primaries + stations + np.arange(stations)
    bus_of[trenches.root] = busbar
    bus_of[tapped] = primaries + 2 * stations + np.arange(tapped.size)
    starts, route = _routes(wiring, plan, terrain)
    return Grid(
        tables={
            "bus": _buses(wiring, plan, terrain, tapped),
            "line": _lines(wiring, bus_of, primaries),
            "transformer": _transformers(wiring, busbar, primaries),
            "source": unsited(
                SOURCE,
                [f"source/primary-{p + 1}" for p in range(primaries)],
                {"bus": np.arange(primaries), "volts_pu": np.full(primaries, SOURCE_PU)},
            ),
        },
        bus_of=bus_of,
        busbar=busbar,
        route_starts=starts,
        route=route,
    )


def _buses(wiring: Wiring, plan: Plan, terrain: Terrain, tapped: I) -> Table:
    primaries, stations = wiring.rings.primary.size, wiring.station.size
    at_station = plan.node[wiring.station]
    at = [plan.node[wiring.rings.primary], at_station, at_station, wiring.trenches.at[tapped]]
    where = lonlat(terrain.laid(np.concatenate(at)))
    ids = [
        *(f"bus/primary-{p + 1}" for p in range(primaries)),
        *(f"bus/station-{s + 1}-mv" for s in range(stations)),
        *(f"bus/station-{s + 1}-lv" for s in range(stations)),
        *(f"bus/joint-{k + 1}" for k in range(tapped.size)),
    ]
    high = np.arange(len(ids)) < primaries + stations
    return unsited(
        BUS,
        ids,
        {
            "rated_kv": np.where(high, MV_KV, LV_KV),
            "lon": np.round(where[:, 0], 7),
            "lat": np.round(where[:, 1], 7),
        },
    )


def _lines(wiring: Wiring, bus_of: I, primaries: int) -> Table:
    rings, feeders = wiring.rings, wiring.feeders
    ends = [np.where(x >= 0, primaries + x, -1 - x) for x in (rings.start, rings.end)]
    legs = np.arange(rings.ring.size) - np.searchsorted(rings.ring, rings.ring)
    area = wiring.trenches.area[feeders.lower]
    ids = [f"line/ring-{r + 1}-{k + 1}" for r, k in zip(rings.ring, legs, strict=True)]
    names = [f"line/station-{a + 1}-feeder-{f}" for a, f in zip(area, feeders.feeder, strict=True)]
    _, inverse = np.unique(names, return_inverse=True)
    ids += [f"{n}-{k}" for n, k in zip(names, _counted(inverse), strict=True)]
    data = np.concatenate([_data(MV_CABLES)[rings.cable], _data(LV_CABLES)[feeders.cable]])
    length = np.concatenate([rings.length_m, feeders.length_m])
    km = length / 1e3
    return unsited(
        LINE,
        ids,
        {
            "from_bus": np.concatenate([ends[0], bus_of[feeders.upper]]),
            "to_bus": np.concatenate([ends[1], bus_of[feeders.lower]]),
            "closed_to": np.concatenate([1 - rings.open_, np.ones(area.size, dtype=np.int64)]),
            "length_m": length,
            "r_ohm": data[:, 0] * km,
            "x_ohm": data[:, 1] * km,
            "c_nf": data[:, 2] * km,
            "rated_a": data[:, 3],
            "parallel": np.concatenate([np.ones_like(rings.ring), feeders.parallel]),
        },
    )


def _counted(group: I) -> I:
    """(K,) 1, 2, 3 … within each group, in the order they stand."""
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order], side="left")
    number = np.empty(group.size, dtype=np.int64)
    number[order] = 1 + np.arange(group.size) - first
    return number


def _data(cables: tuple[Cable, ...]) -> F:
    return np.array([(c.r_ohm, c.x_ohm, c.c_nf, c.rated_a) for c in cables])


def _transformers(wiring: Wiring, busbar: I, primaries: int) -> Table:
    stations = wiring.station.size
    names = ("rated_kva", "copper_loss_kw", "iron_loss_kw", "short_circuit_pct", "no_load_pct")
    data = {name: np.array([getattr(u, name) for u in UNITS])[wiring.unit] for name in names}
    return unsited(
        TRANSFORMER,
        [f"transformer/station-{s + 1}" for s in range(stations)],
        {
            "high_bus": primaries + np.arange(stations),
            "low_bus": busbar,
            "high_kv": np.full(stations, MV_KV),
            "low_kv": np.full(stations, LV_KV),
            "clock": np.full(stations, DYN5),
            "parallel": wiring.parallel,
            **data,
        },
    )


def _routes(wiring: Wiring, plan: Plan, terrain: Terrain) -> tuple[I, F]:
    """(K+1 starts, vertices) of all lines, rings first, on the land."""
    ways = [plan.node[route] for route in wiring.rings.route]
    ways += [wiring.trenches.at[route] for route in wiring.feeders.route]
    ways = [way if len(way) > 1 else np.repeat(way, 2, axis=0) for way in ways]
    legs = np.array([len(way) - 1 for way in ways])
    start = np.concatenate([way[:-1] for way in ways])
    end = np.concatenate([way[1:] for way in ways])
    leg_starts, vertices = routed(start, end, terrain)
    first = np.concatenate([[0], np.cumsum(legs)])
    repeated = np.zeros(len(vertices), dtype=np.bool_)
    repeated[leg_starts[:-1]] = True
    repeated[leg_starts[first[:-1]]] = False
    kept = ~repeated
    before = np.concatenate([[0], np.cumsum(kept)])
    starts = np.array([before[leg_starts[k]] for k, _ in pairwise(first.tolist())] + [kept.sum()])
    return starts, vertices[kept]
