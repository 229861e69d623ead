"""The wires of a town: who asks for what, stations, feeders and rings, in one value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from commonwatt.city.generate.catalogue import Demand, ordered
from commonwatt.city.generate.feeders import Feeders, laid
from commonwatt.city.generate.households import Households
from commonwatt.city.generate.network import Trenches, dug
from commonwatt.city.generate.plan import Plan
from commonwatt.city.generate.rings import Rings, circled
from commonwatt.city.generate.services import PLUGS_KW_PER_M2, POST_KW, POST_USED, Works
from commonwatt.city.generate.stations import divided, sited
from commonwatt.city.generate.town import Town
from commonwatt.kernel.units import B, F, I


@dataclass(frozen=True, kw_only=True, eq=False)
class Wiring:
    """All wires.

    Attributes:
        trenches: nodes along the streets; `joint` is by building.
        feeders: low-voltage cables.
        rings: medium-voltage cables.
        station: (S,) junction of each station.
        unit: (S,) its transformer, number among `UNITS`.
        parallel: (S,) how many side by side.
        design_kw: (S,) what each is planned for.
        streets: (E,) pieces of street that the town keeps.
    """

    trenches: Trenches
    feeders: Feeders
    rings: Rings
    station: I
    unit: I
    parallel: I
    design_kw: F
    streets: B


def wired(town: Town, homes: Households, works: Works, posts: I) -> Wiring:
    """Plan the wires of a town for what its buildings take today, without cars and heat pumps."""
    plan, buildings = town.plan, town.buildings
    demand = asked(town, homes, works, posts)
    areas = divided(town.whole, plan, demand.gathered(buildings.block, town.developed.size))
    area = areas.of_block[buildings.block]
    station = sited(areas, plan, area, buildings.middle, demand.kw)
    trenches = dug(areas, plan, station, area=area, road=buildings.road, share=buildings.share)
    feeders = laid(trenches, demand)
    design_kw = demand.gathered(area, areas.count).kw
    streets = kept(town, feeders, trenches)
    unit, parallel = ordered(design_kw)
    return Wiring(
        trenches=trenches,
        feeders=feeders,
        rings=circled(plan, streets, station, design_kw),
        station=station,
        unit=unit,
        parallel=parallel,
        design_kw=design_kw,
        streets=streets,
    )


def asked(town: Town, homes: Households, works: Works, posts: I) -> Demand:
    """(M,) what a planner reckons each building takes."""
    count = len(town.buildings)
    service = np.zeros(count)
    service[works.shop] = works.shop_mwh
    point = np.zeros(count)
    np.add.at(point, works.building, works.rated_kw + PLUGS_KW_PER_M2 * works.floor_m2)
    np.add.at(point, posts, POST_KW * POST_USED)
    homes_mwh: F = np.bincount(homes.building, homes.mwh, count).astype(np.float64)
    return Demand(homes_mwh, service, point)


def kept(town: Town, feeders: Feeders, trenches: Trenches) -> B:
    """(E,) streets beside the town's blocks, those with cables in them, and what joins them up."""
    plan = town.plan
    _, beside = plan.around(np.flatnonzero(town.developed))
    keep = np.zeros(plan.road.size, dtype=np.bool_)
    keep[beside] = True
    dug_ = np.array([n for route in feeders.route for n in route[1:]], dtype=np.int64)
    keep[trenches.piece[dug_]] = True
    return _joined_up(plan, keep)


def _joined_up(plan: Plan, keep: B) -> B:
    """`keep` and the shortest ways from its largest part to each of the others."""
    nodes = plan.node.shape[0]
    ends = plan.first, plan.last
    part = coo_array((np.ones(keep.sum()), (ends[0][keep], ends[1][keep])), shape=(nodes, nodes))
    _, label = connected_components(part, directed=False)
    used = np.unique(np.concatenate([ends[0][keep], ends[1][keep]]))
    sizes = np.bincount(label[used])
    main = int(np.argmax(sizes))
    if (sizes > 0).sum() == 1:
        return keep
    graph = coo_array((plan.length_m, ends), shape=(nodes, nodes)).tocsr()
    away, parent, _ = dijkstra(
        graph,
        directed=False,
        indices=used[label[used] == main],
        min_only=True,
        return_predecessors=True,
    )
    piece = {
        frozenset(pair): k for k, pair in enumerate(zip(*(e.tolist() for e in ends), strict=True))
    }
    joined = keep.copy()
    for other in np.flatnonzero(sizes > 0).tolist():
        if other == main:
            continue
        nodes_of = used[label[used] == other]
        here = int(nodes_of[np.argmin(away[nodes_of])])
        while parent[here] >= 0:
            joined[piece[frozenset((here, int(parent[here])))]] = True
            here = int(parent[here])
    return joined
