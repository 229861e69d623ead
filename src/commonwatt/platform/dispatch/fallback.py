"""When no fresh plan can be had: the last one goes on, or nobody plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Offers, Schedule, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.bands import gathered as gathered_bands
from commonwatt.platform.dispatch.stores import gathered as gathered_stores


def resampled(power_kw: F, old: Window, new: Window) -> F:
    """(N,T) mean power over the slots of `new`, energy preserved; 0 outside `old`."""
    energy = np.pad(np.cumsum(power_kw * old.hours, axis=1), ((0, 0), (1, 0)))
    slot = np.clip(np.searchsorted(old.edges, new.edges, side="right") - 1, 0, len(old) - 1)
    inside = np.clip((new.edges - old.edges[slot]) / np.diff(old.edges)[slot], 0.0, 1.0)
    upto = energy[:, slot] + inside * (energy[:, slot + 1] - energy[:, slot])
    mean: F = np.diff(upto, axis=1) / new.hours
    return mean


@dataclass(frozen=True, kw_only=True, eq=False)
class Intent:
    """What the last plan wanted, brought onto a new window and the offers of now.

    Attributes:
        asset: (N,) assets that the last plan held and the offers still hold.
        connection: (N,) where they hang.
        power_kw: (N,T) their power, within what they can do now.
        level_kwh: (N,T) their level if they do so, NaN without one.
    """

    asset: I
    connection: I
    power_kw: F
    level_kwh: F


def intent(last: Schedule, offers: Offers) -> Intent:
    """The `last` schedule shifted to the window of `offers` and clipped to their bounds."""
    slots = len(offers.window)
    store = gathered_stores(offers.storage, slots)
    band = gathered_bands(offers.envelope, slots)
    offered = np.concatenate([store.asset, band.asset])
    known, first = np.unique(offered, return_index=True)
    sound = _sound(store, band, known)
    held = np.isin(known, last.asset) & sound
    asset = known[held]
    connection = np.concatenate([store.connection, band.connection])[first[held]]
    wanted = resampled(last.power_of(asset), last.window, offers.window)
    low, high = _bounds(store, band, asset)
    power = np.clip(wanted, low, high)
    power, level = _lived(store, asset, power, offers.window.hours)
    return Intent(asset=asset, connection=connection, power_kw=power, level_kwh=level)


def _sound(store: Storage, band: Envelope, known: I) -> B:
    """(N,) which of the assets `known` offer numbers only."""
    bad_store = ~np.isfinite(
        store.draw_kw + store.feed_kw + store.use_kwh + store.keep + store.eta_in + store.eta_out
    ).all(axis=1) | ~np.isfinite(store.start_kwh)
    bad_band = ~np.isfinite(band.low_kw + band.high_kw + band.want_kw).all(axis=1)
    return ~np.isin(known, np.concatenate([store.asset[bad_store], band.asset[bad_band]]))


def _bounds(store: Storage, band: Envelope, asset: I) -> tuple[F, F]:
    low = np.zeros((asset.size, store.draw_kw.shape[1]))
    high = np.zeros_like(low)
    for rows, down, up in (
        (store.asset, -store.feed_kw, store.draw_kw),
        (band.asset, band.low_kw, band.high_kw),
    ):
        mine = np.isin(rows, asset)
        place = np.searchsorted(asset, rows[mine])
        np.add.at(low, place, down[mine])
        np.add.at(high, place, up[mine])
    return low, high


def _lived(store: Storage, asset: I, power: F, hours: F) -> tuple[F, F]:
    """Power and level if assets with one storage row follow `power` without leaving its bounds."""
    power, level = power.copy(), np.full(power.shape, np.nan)
    single = np.isin(store.asset, asset) & (
        np.bincount(store.asset, minlength=1)[store.asset] == 1 if len(store) else False
    )
    row, place = np.flatnonzero(single), np.searchsorted(asset, store.asset[single])
    now = store.start_kwh[row]
    for t in range(power.shape[1]):
        h, eta, out = hours[t], store.eta_in[row, t], store.eta_out[row, t]
        rest = store.keep[row, t] * now - store.use_kwh[row, t]
        room = np.maximum(0.0, store.high_kwh[row, t] - rest) / np.maximum(eta * h, 1e-12)
        stock = np.maximum(0.0, rest - np.minimum(0.0, store.low_kwh[row, t])) * out / h
        done = np.clip(power[place, t], -stock, room)
        gain = np.where(done > 0, eta * done, done / out) * h
        now = np.minimum(np.maximum(store.high_kwh[row, t], rest), rest + gain)
        now = np.minimum(now, store.high_kwh[row, t])
        power[place, t], level[place, t] = done, now
    return power, level


def continued(last: Schedule, offers: Offers, cause: str) -> Schedule:
    """The last schedule carried on, status "last"."""
    goal, window = intent(last, offers), offers.window
    slot = np.searchsorted(last.window.edges, window.starts, side="right") - 1
    slot = np.clip(slot, 0, len(last.window) - 1)
    return Schedule(
        window=window,
        asset=goal.asset,
        power_kw=goal.power_kw,
        level_kwh=goal.level_kwh,
        binding=last.binding[slot],
        limits=last.limits,
        node_price=last.node_price[:, slot],
        breach=last.breach[:, slot],
        cost_eur=float("nan"),
        status="last",
        cause=cause,
    )


def unplanned(offers: Offers, cause: str) -> Schedule:
    """A schedule that holds nobody, status "local": every sector follows its own rule."""
    slots = len(offers.window)
    return Schedule(
        window=offers.window,
        asset=np.empty(0, dtype=np.int64),
        power_kw=np.empty((0, slots)),
        level_kwh=np.empty((0, slots)),
        binding=np.full(slots, -1, dtype=np.int64),
        limits=(),
        node_price=np.full((offers.fixed_kw.shape[0], slots), np.nan),
        breach=np.empty((0, slots)),
        cost_eur=float("nan"),
        status="local",
        cause=cause,
    )
