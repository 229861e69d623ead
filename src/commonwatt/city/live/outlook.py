"""What lies ahead by the newest plan: each sector's power and headroom, how full the wires get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from commonwatt.city.live.alone import left_alone
from commonwatt.kernel.flexibility import Envelope, Offers, Schedule, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.units import F, I
from commonwatt.sectors.grid.analysis.flow import Feeder

SPREADS = ("connection.base_kw", "pv.potential_kw")
"""Forecast powers whose spread widens a sector's band."""
_SHARED = "pv.potential_kw"
"""What errs alike everywhere, as the one sun does: its spreads add up; others partly cancel."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ahead:
    """One sector in T slots to come.

    Attributes:
        low_kw: (T,) what it will draw at least, in nine cases of ten.
        mid_kw: (T,) as planned and expected.
        high_kw: (T,) at most, in nine cases of ten.
        up_kw: how much more it could draw in the first slot.
        down_kw: how much less.
    """

    low_kw: F
    mid_kw: F
    high_kw: F
    up_kw: float
    down_kw: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlook:
    """What the newest plan says of the day ahead.

    Attributes:
        schedule: the plan.
        offers: of the whole city.
        sectors: by name.
        net_kw: (C,T) power of every connection.
        alone_kw: (C,T) the same if nobody asked anything of anybody from now on.
        loading: (B,T) of every branch by power flow, 1 at its rating.
        volts_pu: (bus,T) likewise.
        alone_loading: (B,T) of every branch if nobody asked anything.
        alone_volts_pu: (bus,T) likewise.
    """

    schedule: Schedule
    offers: Offers
    sectors: Mapping[str, Ahead]
    net_kw: F
    alone_kw: F
    loading: F
    volts_pu: F
    alone_loading: F
    alone_volts_pu: F

    @property
    def window(self) -> Window:
        """The slots ahead."""
        return self.schedule.window


def outlook(
    schedule: Schedule,
    offers: Sequence[tuple[str, Offers]],
    spreads: Mapping[str, tuple[str, Forecast]],
    feeder: Feeder,
) -> Outlook:
    """What `schedule` means for sectors and wires.

    Args:
        schedule: the newest plan.
        offers: what each sector offered, by its name.
        spreads: by sector, a quantity of `SPREADS` and its newest forecast.
        feeder: the wires.
    """
    city = Offers.gathered([offer for _, offer in offers])
    sectors = {
        name: _ahead(schedule, offer, spreads.get(name), city.window) for name, offer in offers
    }
    net = city.fixed_kw + power_by_connection(schedule, city)
    alone = left_alone(city)
    flow, left = (feeder.flow(kw, city.fixed_kvar) for kw in (net, alone))
    return Outlook(
        schedule=schedule,
        offers=city,
        sectors=sectors,
        net_kw=net,
        alone_kw=alone,
        loading=flow.loading,
        volts_pu=flow.volts_pu,
        alone_loading=left.loading,
        alone_volts_pu=left.volts_pu,
    )


def power_by_connection(schedule: Schedule, offers: Offers, only: I | None = None) -> F:
    """(C,T) planned power of what is offered, or of the assets `only`, by connection."""
    total = np.zeros_like(offers.fixed_kw)
    for block in _blocks(offers):
        asset, first = np.unique(block.asset, return_index=True)
        power = _planned(schedule, asset, block)
        mine = slice(None) if only is None else np.isin(asset, only)
        np.add.at(total, block.connection[first][mine], power[mine])
    return total


def _blocks(offers: Offers) -> list[Storage | Envelope]:
    return [*offers.storage, *offers.envelope]


def _planned(schedule: Schedule, asset: I, block: Storage | Envelope) -> F:
    """(K,T) planned power; without a plan what an envelope would do, and nothing of a store."""
    power = schedule.power_of(asset)
    otherwise = np.zeros_like(power)
    if isinstance(block, Envelope):
        first = np.searchsorted(asset, block.asset)
        otherwise[first] = block.want_kw
    return np.where(np.isfinite(power), power, otherwise)


def _ahead(
    schedule: Schedule, offer: Offers, spread: tuple[str, Forecast] | None, window: Window
) -> Ahead:
    mid = offer.fixed_kw.sum(axis=0)
    up = down = 0.0
    for block in _blocks(offer):
        asset = np.unique(block.asset)
        power = _planned(schedule, asset, block)
        mid = mid + power.sum(axis=0)
        low, high = _reach(block, float(window.hours[0]))
        now = np.zeros(block.asset.size)
        rows = np.searchsorted(asset, block.asset)
        alone = np.bincount(rows, minlength=asset.size)[rows] == 1
        now[alone] = power[rows[alone], 0]
        up += float(np.maximum(high - now, 0.0)[alone].sum())
        down += float(np.maximum(now - low, 0.0)[alone].sum())
    below, above = _band(spread, window)
    return Ahead(low_kw=mid - below, mid_kw=mid, high_kw=mid + above, up_kw=up, down_kw=down)


def _reach(block: Storage | Envelope, hours: float) -> tuple[F, F]:
    """(N,) least and most power of each row in the first slot, as far as its store lets it."""
    if isinstance(block, Envelope):
        return block.low_kw[:, 0], block.high_kw[:, 0]
    rest = block.keep[:, 0] * block.start_kwh - block.use_kwh[:, 0]
    room = np.maximum(block.high_kwh[:, 0] - rest, 0.0) / np.maximum(
        block.eta_in[:, 0] * hours, 1e-9
    )
    stock = np.maximum(rest, 0.0) * block.eta_out[:, 0] / hours
    return -np.minimum(block.feed_kw[:, 0], stock), np.minimum(block.draw_kw[:, 0], room)


def _band(spread: tuple[str, Forecast] | None, window: Window) -> tuple[F, F]:
    """(T,) how far a sector may fall below and rise above what is expected of it."""
    if spread is None:
        return np.zeros(len(window)), np.zeros(len(window))
    quantity, issued = spread
    span = (window.end - window.start) // 900
    value = window.average(issued.value[:, :, :span])
    below, above = value[value.shape[0] // 2] - value[0], value[-1] - value[value.shape[0] // 2]
    if quantity == _SHARED:  # more sun is more fed in, which is less drawn
        return above.sum(axis=0), below.sum(axis=0)
    return np.sqrt((below**2).sum(axis=0)), np.sqrt((above**2).sum(axis=0))
