"""Prices to start from: a direct linear programme of a few sampled rows, wires scaled to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.coordinator.blocks import Family, taken
from commonwatt.platform.dispatch.coordinator.market import Duals, Market
from commonwatt.platform.dispatch.coordinator.programme import shared_prices

_ALIKE = 0.7


def sampled_prices(
    families: tuple[Family, ...], market: Market, *, size: int, seed: int
) -> list[Duals]:
    """Prices at the optimum of about `size` rows: without limits, and with."""
    total = sum(len(rows) for rows in families)
    near = np.concatenate([market.place[rows.connection] for rows in families])
    wires = coarse(market, np.bincount(near, minlength=market.loss.shape[0]).astype(np.float64))
    part = drawn(families, size, Rng(seed), "coordinator.sample")
    share = sum(len(rows) for rows in part) / total
    return shared_prices(part, scaled(wires, share))


def drawn(families: tuple[Family, ...], size: int, rng: Rng, stream: str) -> tuple[Family, ...]:
    """About `size` rows, every family in proportion, at least one of each."""
    total = sum(len(rows) for rows in families)
    chosen = []
    for f, rows in enumerate(families):
        if not len(rows):
            continue
        count = min(len(rows), max(1, round(size * len(rows) / total)))
        luck = rng.uniform(stream, np.arange(len(rows)), f)
        pick = np.sort(np.argpartition(luck, count - 1)[:count])
        chosen.append(taken(rows, pick))
    return tuple(chosen)


def scaled(market: Market, share: float) -> Market:
    """The same wires for `share` of the rows."""
    return replace(
        market,
        low=market.low * share,
        high=market.high * share,
        base_kw=market.base_kw * share,
        reached=market.reached * share,
    )


def coarse(market: Market, count: F) -> Market:
    """Places on which limits depend nearly alike as one, weighted by the rows `count` (P,) there.

    A few sampled rows then stand for all of their neighbourhood and not for a bus of their own,
    whose wires they would overload.
    """
    felt = market.sens * market.breach_price[:, None]
    unit = felt / np.maximum(np.linalg.norm(felt, axis=0), 1e-12)
    near = unit.T @ unit > _ALIKE
    cluster = np.full(near.shape[0], -1, dtype=np.int64)
    clusters = 0
    for p in np.argsort(-np.linalg.norm(felt, axis=0), kind="stable"):
        if cluster[p] < 0:
            cluster[near[p] & (cluster < 0)] = clusters
            cluster[p], clusters = clusters, clusters + 1
    weight = np.zeros((near.shape[0], clusters))
    weight[np.arange(near.shape[0]), cluster] = np.maximum(count, 1e-9)
    weight /= weight.sum(axis=0)
    return replace(
        market,
        place=cluster[market.place],
        sens=market.sens @ weight,
        loss=weight.T @ market.loss,
    )
