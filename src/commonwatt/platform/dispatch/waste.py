"""Stores must not be used to burn energy, however negative its price.

A linear programme would charge and discharge at once, or charge into a full store, where energy
costs less than nothing. The rule, exact in that no plan does either:

1. Where energy's own price is so negative that losing it pays, wear included, the store may not
   feed: `price·(1 − eta_in·eta_out) + wear·(1 + eta_in·eta_out) < 0`.
2. Where a solution still draws and feeds in one slot (a limit or the peak made the price negative),
   it may not feed in that slot, and the programme is solved again.
3. Where a solution would charge a full store, that store may let overflow no more in any slot than
   it would if left alone, and, if that does not suffice, it may not draw in that slot; the
   programme is solved again.
4. Where a solution empties a store to keep more reserve ready in it, likewise.

A plan made under the rule is optimal among plans that keep to the closed slots; whether closing the
other side would have been better still is an integer question that this form does not ask.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.units import B, F
from commonwatt.platform.dispatch.rows import Model, Problem
from commonwatt.platform.dispatch.stores import taken

_TINY = 1e-6


def without_burning(store: Storage, energy_price: F, loss: F) -> Storage:
    """`store` by rule 1, with `energy_price` (T,) at the substation and `loss` (C,T)."""
    price = energy_price * (1 + loss[store.connection])
    there_and_back = store.eta_in * store.eta_out
    wear = store.wear_price[:, None]
    pays = price * (1 - there_and_back) + wear * (1 + there_and_back) < 0
    return replace(store, feed_kw=np.where(pays, 0.0, store.feed_kw))


def closed(model: Model, x: F) -> Problem | None:
    """The problem with the slots closed in which solution `x` wastes; None if it wastes nowhere."""
    stores, store, bounds = model.stores, model.problem.store, model.problem.bounds
    both = (taken(x, stores.draw) > _TINY) & (taken(x, stores.feed) > _TINY)
    over, emptied = stores.overcharged(x), stores.emptied(x)
    if model.ready is None:
        emptied[:] = False
    lavish: B = np.any(over | emptied, axis=1, keepdims=True)
    lavish &= np.any(bounds.spill > bounds.overflow, axis=1, keepdims=True)
    if not (both.any() or over.any() or (emptied & lavish).any()):
        return None
    return replace(
        model.problem,
        store=replace(
            store,
            feed_kw=np.where(both, 0.0, store.feed_kw),
            draw_kw=np.where(over & ~lavish, 0.0, store.draw_kw),
        ),
        bounds=replace(bounds, spill=np.where(lavish, bounds.overflow, bounds.spill)),
    )
