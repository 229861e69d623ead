"""Prices to start from: direct linear programmes of a few sampled rows, wires scaled to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Profile, Storage
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch import bands, stores
from commonwatt.platform.dispatch.coordinator.blocks import Family
from commonwatt.platform.dispatch.coordinator.market import Duals, Market
from commonwatt.platform.dispatch.lp import Lp, Sheet, key_of
from commonwatt.platform.dispatch.solve import solved
from commonwatt.platform.dispatch.wires import Moves

_START, _SKIP, _PEAK, _BREACH = 20, 21, 22, 23
_ONCE, _UP, _DOWN, _HIGH, _LOW = 20, 21, 22, 23, 24
_BROKEN = 1e-6


def drawn(families: tuple[Family, ...], size: int, rng: Rng, stream: str) -> tuple[Family, ...]:
    """About `size` rows, every family in proportion, at least one of each."""
    total = sum(len(rows) for rows in families)
    chosen = []
    for f, rows in enumerate(families):
        count = min(len(rows), max(1, round(size * len(rows) / total)))
        luck = rng.uniform(stream, np.arange(len(rows)), f)
        pick = np.sort(np.argpartition(luck, count - 1)[:count])
        chosen.append(taken(rows, pick))
    return tuple(chosen)


def taken(rows: Family, pick: I) -> Family:
    """The rows `pick` alone, as tables of their own."""
    names = type(rows).__dataclass_fields__
    part: Family = replace(rows, **{n: getattr(rows, n)[pick] for n in names})
    return part


def scaled(market: Market, share: float) -> Market:
    """The same wires for `share` of the rows."""
    return replace(
        market,
        low=market.low * share,
        high=market.high * share,
        base_kw=market.base_kw * share,
        reached=market.reached * share,
    )
