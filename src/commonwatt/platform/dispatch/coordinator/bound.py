"""The certificate: a lower bound on the cost of every plan, proved by prices and best responses.

At any prices of what is shared, no plan can cost less than the best responses together and what
the prices say of the limits' room (Lagrange). The bound needs no solver and trusts none.
"""

from __future__ import annotations

import numpy as np

from commonwatt.platform.dispatch.coordinator.market import Duals, Market


def lower_bound(market: Market, duals: Duals, responses_eur: float) -> float:
    """€ that no plan undercuts.

    Args:
        market: what is shared.
        duals: `market.honest` prices.
        responses_eur: least private and energy cost of all rows at `market.price(duals)`.
    """
    slot = market.energy_price * market.hours + duals.up - duals.down
    given = float(slot @ market.base_kw)
    paid = np.bincount(market.day, duals.up + duals.down, market.reached.size)
    peaks = float((market.peak_price - paid) @ market.reached)
    above, below = duals.limit > 0, duals.limit < 0
    room = float(duals.limit[above] @ market.high[above] + duals.limit[below] @ market.low[below])
    return given + market.lost_eur + peaks - room + responses_eur
