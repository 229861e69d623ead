"""Planning around people: what they hold an asset to is no longer up to the plan.

Of an asset held within `[low, high]` kW, `low` is as good as done: a store gains by it, a load is
fixed at it; only what lies between the bounds is left to plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Offers, Storage
from commonwatt.kernel.units import B, F, I


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """Overrides in force.

    Attributes:
        asset: (K,) asset index, each once.
        low_kw: (K,).
        high_kw: (K,).
        until: (K,) epoch seconds.
    """

    asset: I
    low_kw: F
    high_kw: F
    until: I


Holding = Callable[[int], Held]
"""Overrides in force at a moment."""


def nobody(_now: int) -> Held:
    """No override at all."""
    none = np.empty(0)
    return Held(asset=none.astype(int), low_kw=none, high_kw=none, until=none.astype(int))


def around(offers: Offers, held: Held) -> Offers:
    """`offers` with held assets bound to their overrides, in slots that start before these lapse.

    An asset with several rows at once (a charger with two sessions ahead) keeps its bounds by row.
    """
    if not held.asset.size:
        return offers
    starts, fixed = offers.window.starts, offers.fixed_kw.copy()
    stores = tuple(_store(block, held, offers, fixed) for block in offers.storage)
    bands = tuple(_band(block, held, starts) for block in offers.envelope)
    return replace(offers, fixed_kw=fixed, storage=stores, envelope=bands)


def _bounds(asset: I, held: Held, starts: I) -> tuple[B, F, F]:
    """(N,T) where rows of `asset` are held, and the bounds they are held within."""
    order = np.argsort(held.asset, kind="stable")
    place = np.minimum(np.searchsorted(held.asset, asset, sorter=order), held.asset.size - 1)
    row = order[place]
    mine = (held.asset[row] == asset)[:, None] & (starts[None, :] < held.until[row][:, None])
    low, high = held.low_kw[row][:, None], held.high_kw[row][:, None]
    return mine, np.broadcast_to(low, mine.shape), np.broadcast_to(high, mine.shape)


def _store(block: Storage, held: Held, offers: Offers, fixed: F) -> Storage:
    mine, low, high = _bounds(block.asset, held, offers.window.starts)
    if not mine.any():
        return block
    least = np.where(mine, np.clip(low, -block.feed_kw, block.draw_kw), 0.0)
    most = np.where(mine, np.clip(high, -block.feed_kw, block.draw_kw), block.draw_kw)
    sure = np.where(mine, np.maximum(least, 0.0) + np.minimum(most, 0.0), 0.0)
    np.add.at(fixed, block.connection, sure)
    gain = np.where(sure > 0, block.eta_in * sure, sure / block.eta_out) * offers.window.hours
    return replace(
        block,
        draw_kw=np.where(mine, np.maximum(most, 0.0) - np.maximum(sure, 0.0), block.draw_kw),
        feed_kw=np.where(mine, np.maximum(-least, 0.0) - np.maximum(-sure, 0.0), block.feed_kw),
        use_kwh=block.use_kwh - gain,
    )


def _band(block: Envelope, held: Held, starts: I) -> Envelope:
    mine, low, high = _bounds(block.asset, held, starts)
    if not mine.any():
        return block

    def within(values: F) -> F:
        return np.where(mine, np.clip(values, low, high), values)

    return replace(
        block,
        low_kw=within(block.low_kw),
        want_kw=within(block.want_kw),
        high_kw=within(block.high_kw),
    )
