"""Charging requests as rows of storage: filled from plug-in to departure, wanted full by then."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Requests
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import B, F, I
from commonwatt.sectors.charging.analysis import feasible_kwh


def with_idle(requests: Requests, chargers: I, start: int) -> Requests:
    """`requests` by charger and time, with an empty one for each charger that has none.

    So a window that starts now has one row per charger, whatever cars come and go.
    """
    idle = np.setdiff1d(chargers, requests.asset)
    asset = np.concatenate([requests.asset, idle])
    moment = np.full(idle.size, start, dtype=np.int64)
    since = np.concatenate([requests.since, moment])
    order = np.lexsort((since, asset))

    def filled(values: F) -> F:
        return np.concatenate([values, np.zeros(idle.size)])[order]

    return Requests(
        asset=asset[order],
        since=since[order],
        until=np.concatenate([requests.until, moment])[order],
        need_kwh=filled(requests.need_kwh),
        got_kwh=filled(requests.got_kwh),
        power_kw=filled(requests.power_kw),
    )


def storage_rows(
    requests: Requests, table: Table, window: Window, missing_price: float, end_price: float
) -> Storage:
    """One row per request.

    Energy counts at the charger's meter, so nothing is lost. What a car can still get is wanted in
    the one slot in which it leaves, at `missing_price`. A car that stays beyond the window must by
    its end have an even share, so that the rest can always be made up later; more is worth
    `end_price`.

    Args:
        requests: N requests, each of a charger in `table`.
        table: the chargers, for their connections.
        window: T slots.
        missing_price: €/kWh short at departure.
        end_price: €/kWh for energy in a car that stays.
    """
    begin = np.maximum(requests.since, window.start)
    inside = np.minimum(requests.until[:, None], window.edges[1:])
    inside = np.maximum(inside - np.maximum(begin[:, None], window.starts), 0)
    leaves = (requests.until > window.start) & (requests.until <= window.end)
    stays = requests.until > window.end
    draw = requests.power_kw[:, None] * inside / np.diff(window.edges)
    low, price = _wanted(requests, begin, window, leaves, stays)
    one, none = np.ones_like(draw), np.zeros_like(draw)
    return Storage(
        asset=requests.asset,
        connection=table.connection[np.searchsorted(table.ix, requests.asset)],
        draw_kw=draw,
        feed_kw=none,
        eta_in=one,
        eta_out=one,
        keep=one,
        use_kwh=none,
        low_kwh=low,
        high_kwh=np.repeat(
            np.maximum(requests.need_kwh, requests.got_kwh)[:, None], len(window), 1
        ),
        short_price=missing_price * price,
        start_kwh=requests.got_kwh,
        wear_price=np.zeros(requests.asset.size),
        end_price=np.where(stays, end_price, 0.0),
    )


def _wanted(requests: Requests, begin: I, window: Window, leaves: B, stays: B) -> tuple[F, F]:
    """(N,T) level wanted at the slots' ends, and 1 in the one slot where it counts."""
    got, until = requests.got_kwh, requests.until
    full = feasible_kwh(requests.need_kwh, got, requests.power_kw, begin, until)
    even = got + (full - got) * (window.end - begin) / np.maximum(until - begin, 1)
    low = np.zeros((got.size, len(window)))
    counts = np.zeros_like(low)
    departure = np.searchsorted(window.edges[1:], until)
    low[leaves, departure[leaves]] = full[leaves]
    counts[leaves, departure[leaves]] = 1.0
    low[stays, -1] = even[stays]
    counts[stays, -1] = 1.0
    return low, counts
