"""The day ahead if from now on nobody asked anything of anybody: what coordination holds off.

Read from the same offers the plan is made of, with the habits devices have today: a car fills from
plug-in at full power, what loses heat is kept at the least that is wanted, a roof and a lamp do as
they like, and a battery serves its own connection.
"""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.flexibility import Offers, Storage
from commonwatt.kernel.units import B, F

_TINY_H = 1e-9


def left_alone(offers: Offers) -> F:
    """(C,T) net power of every connection if all that is offered went by habit."""
    net = offers.fixed_kw.copy()
    for band in offers.envelope:
        np.add.at(net, band.connection, band.want_kw)
    hours = offers.window.hours
    serving: list[B] = [np.any(block.feed_kw > 0, axis=1) for block in offers.storage]
    for block, serves in zip(offers.storage, serving, strict=True):
        np.add.at(net, block.connection[~serves], _by_habit(block, hours)[~serves])
    for block, serves in zip(offers.storage, serving, strict=True):
        if serves.any():
            _serve_home(net, block, serves, hours)
    return net


def _by_habit(block: Storage, hours: F) -> F:
    """(N,T) power of stores that only draw: full at once, or just warm enough if they lose heat."""
    leaks: B = np.any((block.keep < 1) | (block.use_kwh != 0), axis=1)
    wanted = np.where(leaks[:, None], block.low_kwh, block.high_kwh)
    level, power = block.start_kwh.copy(), np.zeros_like(block.draw_kw)
    for t, width in enumerate(hours):
        rest = block.keep[:, t] * level - block.use_kwh[:, t]
        short = np.maximum(wanted[:, t] - rest, 0.0)
        power[:, t] = np.minimum(
            block.draw_kw[:, t], short / np.maximum(block.eta_in[:, t] * width, _TINY_H)
        )
        level = rest + block.eta_in[:, t] * power[:, t] * width
    return power


def _serve_home(net: F, block: Storage, serves: B, hours: F) -> None:
    """Add to `net` (C,T) what batteries do with their connection's surplus and need."""
    rows = np.flatnonzero(serves)
    site = block.connection[rows]
    sharing = np.bincount(site, minlength=net.shape[0])[site]
    level = block.start_kwh[rows].copy()
    for t, width in enumerate(hours):
        rest = block.keep[rows, t] * level - block.use_kwh[rows, t]
        into, out = block.eta_in[rows, t], block.eta_out[rows, t]
        room = np.maximum(block.high_kwh[rows, t] - rest, 0.0) / np.maximum(into * width, _TINY_H)
        stock = np.maximum(rest - block.low_kwh[rows, t], 0.0) * out / width
        most = np.minimum(block.draw_kw[rows, t], room)
        least = -np.minimum(block.feed_kw[rows, t], stock)
        power = np.clip(-net[site, t] / sharing, least, most)
        level = rest + np.where(power > 0, into * power, power / out) * width
        np.add.at(net[:, t], site, power)
