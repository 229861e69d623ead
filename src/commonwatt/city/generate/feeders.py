"""Low-voltage feeders: trees of cable along the trenches, none loaded beyond what a planner allows.

From the far ends inwards, houses gather into bundles. Where a bundle would ask more than one cable
carries with ease, its largest branches are cut off and get a cable of their own from the station,
laid in the same trench. Joints without a branch or a house on them need no bus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.city.generate.catalogue import (
    LV_CABLES,
    LV_KV,
    POWER_FACTOR,
    Demand,
    peak_kw,
)
from commonwatt.city.generate.network import Trenches
from commonwatt.kernel.units import F, I

FEEDER_KW = 120.0
"""Most that a planner puts on one feeder of NAYY 4x150: 70 % of what it carries."""
USED = 0.72
"""Share of a cable's rating a planner fills with the design load."""
DROP = 0.03
"""Voltage a feeder may lose under the design load before it gets the larger cable."""
LAST_DROP = 0.045
"""Beyond this it gets a second cable beside the first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Feeders:
    """Cables (K,) from bus to bus and the buses (V' of the V nodes) they join.

    Attributes:
        upper: (K,) node nearer to the station.
        lower: (K,) node at the far end.
        feeder: (K,) number of the feeder within its area.
        cable: (K,) number among `LV_CABLES`.
        parallel: (K,) how many side by side.
        length_m: (K,) along the streets.
        route: (K,) nodes passed on the way, both ends included.
    """

    upper: I
    lower: I
    feeder: I
    cable: I
    parallel: I
    length_m: F
    route: list[list[int]]


def laid(trenches: Trenches, demand: Demand) -> Feeders:
    """The feeders that carry `demand` of all sites."""
    parts = demand.gathered(trenches.joint, len(trenches.at))
    own = np.column_stack([parts.home_mwh, parts.service_mwh, parts.point_kw])
    bundle, upper = _bundled(trenches, own)
    above, below, length, kw, route = _contracted(trenches, own, bundle, upper)
    return _sized(trenches, above, below, length=length, kw=kw, route=route)


def _bundled(trenches: Trenches, own: F) -> tuple[F, I]:
    """(V,3) demand at and beyond every node, and (V,) the node each is fed from: -1 if unused."""
    parent = trenches.parent.tolist()
    roots = set(trenches.root.tolist())
    bundle = own.copy()
    upper = np.full(len(own), -1, dtype=np.int64)
    children: list[list[int]] = [[] for _ in parent]
    home = trenches.root[trenches.area]
    for node in np.argsort(-trenches.away_m, kind="stable").tolist():
        if node in roots or parent[node] < 0:
            continue
        for child in _cut(bundle, node, children[node]):
            upper[child] = home[child]
        if bundle[node].any():
            upper[node] = parent[node]
            children[parent[node]].append(node)
    for root in trenches.root.tolist():
        bundle[root] += bundle[children[root]].sum(axis=0)
    return bundle, upper


def _cut(bundle: F, node: int, children: list[int]) -> list[int]:
    """Gather `children` into the bundle of `node`; those it cannot carry are handed back."""
    if not children:
        return []
    by_size = sorted(children, key=lambda c: (float(peak_kw(*bundle[c])), c))
    total, cut = bundle[node].copy(), []
    for child in by_size:
        grown = total + bundle[child]
        if total.any() and float(peak_kw(*grown)) > FEEDER_KW:
            cut.append(child)
        else:
            total = grown
    bundle[node] = total
    return cut


def _contracted(
    trenches: Trenches, own: F, bundle: F, upper: I
) -> tuple[I, I, F, F, list[list[int]]]:
    """(upper, lower, length, design kW, route) of the cables between nodes that need a bus."""
    used = np.flatnonzero(upper >= 0)
    taps = np.bincount(upper[used], minlength=upper.size)
    needed = own.any(axis=1) | (taps > 1)
    needed[trenches.root] = True
    parent, reach = trenches.parent.tolist(), trenches.away_m
    above, below, routes = [], [], []
    for node in used[needed[used]].tolist():
        route, here = [node], node
        while len(route) == 1 or not needed[here]:
            aim = int(upper[here])
            while here != aim:
                here = parent[here]
                route.append(here)
        above.append(here)
        below.append(node)
        routes.append(route[::-1])
    low, high = np.array(above, dtype=np.int64), np.array(below, dtype=np.int64)
    kw = peak_kw(*bundle[high].T)
    return low, high, np.maximum(reach[high] - reach[low], 1.0), kw, routes


def _sized(
    trenches: Trenches, upper: I, lower: I, *, length: F, kw: F, route: list[list[int]]
) -> Feeders:
    """Cables chosen by current, then by the voltage each feeder loses."""
    order = np.argsort(trenches.away_m[lower], kind="stable")
    cable_of = np.full(len(trenches.at), -1, dtype=np.int64)
    cable_of[lower] = np.arange(lower.size)
    above = cable_of[upper]
    top = np.arange(lower.size)
    for k in order.tolist():
        if above[k] >= 0:
            top[k] = top[above[k]]
    amps = kw / POWER_FACTOR / (np.sqrt(3.0) * LV_KV)
    worst = np.zeros(lower.size)
    np.maximum.at(worst, top, amps)
    small, large = LV_CABLES
    first = np.where(worst > USED * small.rated_a, 1, 0)
    lost = _lost(order, above, top, length=length, kw=kw, cable=first[top])
    cable = np.where(lost > DROP, 1, first)
    rated = np.array([small.rated_a, large.rated_a])[cable]
    lost = _lost(order, above, top, length=length, kw=kw, cable=cable[top])
    parallel = np.maximum(np.ceil(worst / (USED * rated)), np.ceil(lost / LAST_DROP))
    feeder = _numbered(trenches.area[lower], top)
    return Feeders(
        upper=upper,
        lower=lower,
        feeder=feeder,
        cable=cable[top],
        parallel=np.maximum(parallel[top], 1).astype(np.int64),
        length_m=length,
        route=route,
    )


def _lost(order: I, above: I, top: I, *, length: F, kw: F, cable: I) -> F:
    """(K,) largest voltage lost on the feeder that each cable begins; 0 for the others."""
    r_ohm = np.array([c.r_ohm for c in LV_CABLES])[cable] * length / 1e3
    x_ohm = np.array([c.x_ohm for c in LV_CABLES])[cable] * length / 1e3
    kvar = kw * np.tan(np.arccos(POWER_FACTOR))
    step = (kw * r_ohm + kvar * x_ohm) / (LV_KV**2 * 1e3)
    drop = step.copy()
    for k in order.tolist():
        if above[k] >= 0:
            drop[k] += drop[above[k]]
    lost = np.zeros(drop.size)
    np.maximum.at(lost, top, drop)
    return lost


def _numbered(area: I, top: I) -> I:
    """(K,) feeders counted from 1 within their area."""
    heads = np.unique(top)
    order = heads[np.argsort(area[heads], kind="stable")]
    first = np.searchsorted(area[order], area[order], side="left")
    number = np.zeros(top.size, dtype=np.int64)
    number[order] = 1 + np.arange(order.size) - first
    return number[top]
