"""The trenches of every area: junctions, joints where houses are tapped, ways along the streets.

The shortest way from the station to each node is what its cables follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from commonwatt.city.generate.plan import Plan
from commonwatt.city.generate.stations import Areas
from commonwatt.kernel.units import F, I

JOINT_M = 26.0
"""Houses within so much street share a joint."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trenches:
    """Nodes of all areas' trench networks; areas share streets but not trenches.

    Attributes:
        at: (V,2) on the flat plane.
        area: (V,).
        joint: (N,) node that each site is tapped from.
        root: (S,) node of each area's station.
        parent: (V,) next node on the way to the station; -1 for roots and nodes no way leads to.
        away_m: (V,) length of that way on the land.
        piece: (V,) street piece of the stretch to the parent.
    """

    at: F
    area: I
    joint: I
    root: I
    parent: I
    away_m: F
    piece: I


def dug(areas: Areas, plan: Plan, station: I, *, area: I, road: I, share: F) -> Trenches:
    """Trenches along all streets of every area.

    Args:
        areas: blocks by area.
        plan: streets and blocks.
        station: (S,) junction of each station.
        area: (N,) area of every site.
        road: (N,) road it stands by.
        share: (N,) where along it.
    """
    inside = np.flatnonzero(areas.of_block >= 0)
    which, beside = plan.around(inside)
    pair = np.unique(areas.of_block[inside[which]] * plan.road.size + beside)
    owner, piece = np.divmod(pair, plan.road.size)
    junctions = plan.node.shape[0]
    ends = np.concatenate(
        [owner * junctions + plan.first[piece], owner * junctions + plan.last[piece]]
    )
    corner, end = np.unique(ends, return_inverse=True)
    joint, joint_pair, joint_share = _joints(plan, pair, area, road, share)
    entry_pair = np.concatenate([np.tile(np.arange(pair.size), 2), joint_pair])
    entry_share = np.concatenate([plan.low[piece], plan.high[piece], joint_share])
    entry_node = np.concatenate([end, corner.size + np.arange(joint_pair.size)])
    order = np.lexsort((entry_share, entry_pair))
    together = np.flatnonzero(np.diff(entry_pair[order]) == 0)
    a, b = entry_node[order][together], entry_node[order][together + 1]
    along = piece[entry_pair[order][together]]
    gap = np.diff(entry_share[order])[together] / (plan.high[along] - plan.low[along])
    joints_piece = piece[joint_pair]
    at = np.concatenate(
        [plan.node[corner % junctions], plan.at(plan.road[joints_piece], joint_share)]
    )
    root = np.searchsorted(corner, np.arange(areas.count) * junctions + station)
    parent, away, used = _ways(len(at), root, (a, b), gap * plan.length_m[along], along)
    return Trenches(
        at=at,
        area=np.concatenate([corner // junctions, owner[joint_pair]]),
        joint=corner.size + joint,
        root=root,
        parent=parent,
        away_m=away,
        piece=used,
    )


def _joints(plan: Plan, pair: I, area: I, road: I, share: F) -> tuple[I, I, F]:
    """(joint of each site; (J,) pair of area and piece of each joint; (J,) share of the road)."""
    piece = plan.piece_of(road, share)
    within = (share - plan.low[piece]) / (plan.high[piece] - plan.low[piece])
    bin_ = np.floor(np.clip(within, 0, 1 - 1e-9) * plan.length_m[piece] / JOINT_M)
    row = np.searchsorted(pair, area * plan.road.size + piece)
    bins = 1 + int(bin_.max())
    key, joint = np.unique(row * bins + bin_.astype(np.int64), return_inverse=True)
    mean = np.bincount(joint, share) / np.bincount(joint)
    return joint.astype(np.int64), (key // bins).astype(np.int64), mean


def _ways(nodes: int, root: I, ends: tuple[I, I], length: F, along: I) -> tuple[I, F, I]:
    """Shortest ways from the roots: parent, distance and piece of every node."""
    a, b = ends
    graph = coo_array((np.maximum(length, 0.01), (a, b)), shape=(nodes, nodes)).tocsr()
    away, parent, _ = dijkstra(
        graph, directed=False, indices=root, min_only=True, return_predecessors=True
    )
    parent = np.where(parent < 0, -1, parent).astype(np.int64)
    low, high = np.minimum(a, b), np.maximum(a, b)
    key = low * nodes + high
    order = np.argsort(key, kind="stable")
    child = np.arange(nodes)
    wanted = np.minimum(child, parent) * nodes + np.maximum(child, parent)
    found = np.searchsorted(key[order], np.where(parent < 0, key.min(initial=0), wanted))
    piece: I = np.where(parent < 0, -1, along[order][found]).astype(np.int64)
    return parent.astype(np.int64), away, piece
