"""The rule a competent installer sets up today: cheap hours, own sun, and never the main fuse."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.ports import Requests, View
from commonwatt.kernel.tables import Table
from commonwatt.kernel.units import SECONDS_PER_HOUR, F, I


def wallbox_kw(view: View, requests: Requests, table: Table) -> F:
    """(K,) power in the slot from now on.

    The energy still needed is spread evenly over the cheapest slots before departure, dearer ones
    only where those do not suffice. Sun that the connection fed in during the last slot is used
    beside that. Chargers then share, in proportion, what last slot's other load leaves of the fuse.

    Args:
        view: what may be seen.
        requests: K open requests, at most one per charger.
        table: all chargers, because those behind one fuse share it.
    """
    site = table.connection[np.searchsorted(table.ix, requests.asset)]
    other = _other_load_kw(view, table, len(view.plan.connections))[site]
    timed = _in_cheap_slots_kw(view, requests)
    rated = np.bincount(site, requests.power_kw, minlength=len(view.plan.connections))[site]
    sunny = np.maximum(-other, 0.0) * requests.power_kw / rated
    wanted = np.minimum(np.maximum(timed, sunny), requests.power_kw)
    return wanted * _fuse_share(view, site, wanted, other)


def _in_cheap_slots_kw(view: View, requests: Requests) -> F:
    """(K,) power now if the need is met in the cheapest slots, evenly among equals."""
    slots = max(1, -(-(int(requests.until.max()) - view.now) // SLOT_S))
    window = Window.uniform(view.now, slots)
    price = np.round(view.signal("tariff.import_eur_per_kwh", window), 6)
    left_s = np.clip(requests.until[:, None] - window.starts, 0, SLOT_S)
    cheaper_h = left_s @ (price < price[0]) / SECONDS_PER_HOUR
    alike_h = np.maximum(left_s @ (price == price[0]), 1) / SECONDS_PER_HOUR
    remaining = np.maximum(requests.need_kwh - requests.got_kwh, 0.0)
    in_cheaper = requests.power_kw * cheaper_h
    power: F = np.clip((remaining - in_cheaper) / alike_h, 0.0, requests.power_kw)
    return power


def _other_load_kw(view: View, table: Table, connections: int) -> F:
    """(C,) what each connection drew in the last slot beside its chargers; 0 where unmeasured."""
    metered = view.latest("meter.power_kw", np.arange(connections))
    own = np.nan_to_num(view.latest("asset.power_kw", table.ix))
    own_at = np.bincount(table.connection, own, minlength=connections)
    return np.nan_to_num(metered - own_at)


def _fuse_share(view: View, site: I, wanted_kw: F, other_kw: F) -> F:
    """(K,) share of what chargers want that their fuse carries beside the other load."""
    fuse = view.plan.connections.f("fuse_kw")
    together = np.bincount(site, wanted_kw, minlength=fuse.size)[site]
    room = np.maximum(fuse[site] - other_kw, 0.0)
    share = np.divide(room, together, out=np.ones_like(room), where=together > room)
    return np.minimum(share, 1.0)
