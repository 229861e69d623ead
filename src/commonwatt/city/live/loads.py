"""Loads that are planned rather than forecast: of the city, its wires, its sectors.

What is expected of them is the sum of what is foreseen, what is planned and what cars that have yet
to come usually draw; how surely is read from their own errors before, never from the spreads of
what they are summed of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from commonwatt.city.live.census import Census, asset_kw
from commonwatt.city.live.outlook import Ahead, Outlook, power_by_connection
from commonwatt.city.live.present import SOURCE
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.readings import Of, Quantity
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.residuals import LEVELS, banded

Read = Callable[[str, I, Window], F]
"""(N,T) means of some series of a quantity as measured, NaN where nothing was."""

CITY_NET = Quantity(
    name="city.net_kw",
    of=Of.CITY,
    doc="What all meters of the city together draw, less what they feed in.",
)
CITY_GROSS = Quantity(
    name="city.gross_kw",
    of=Of.CITY,
    doc="What is used in the city: the net load before what its roofs make.",
)
BRANCH_NET = Quantity(
    name="branch.net_kw",
    of=Of.BRANCH,
    doc="What all meters below a transformer or the head of a feeder draw, less what they feed in.",
)
BRANCH_GROSS = Quantity(
    name="branch.gross_kw",
    of=Of.BRANCH,
    doc="What is used below a transformer or the head of a feeder, before what roofs make.",
)
SECTOR = Quantity(
    name="sector.power_kw",
    of=Of.CITY,
    doc="Power of all devices of a sector, as planned; its series are numbered as the sectors are.",
)
PLANNED = (CITY_NET, CITY_GROSS, BRANCH_NET, BRANCH_GROSS, SECTOR)
MODEL = "plan"
"""What serves these: the sum of forecasts and the plan."""
MAKERS = "renewables"
"""The sector that makes power."""
CHARGING = "charging"
"""The sector whose cars come and go."""


def series_of(census: Census, quantity: str) -> I:
    """(N,) the series of one of `PLANNED`."""
    if quantity in (BRANCH_NET.name, BRANCH_GROSS.name):
        return census.heads
    if quantity == SECTOR.name:
        moving = [k for k, row in enumerate(census.sectors) if row.flexible is not None]
        return np.array(moving, dtype=np.int64)
    return SOURCE


def expected(census: Census, ahead: Outlook, coming_kw: F, issued_at: int) -> Iterator[Forecast]:
    """What is expected of every one of `PLANNED`, without a band.

    Args:
        census: what there is.
        ahead: what the newest plan brings.
        coming_kw: (C,T) what cars that have yet to come will draw.
        issued_at: when this is said.
    """
    made = power_by_connection(ahead.schedule, ahead.offers, _makers(census))
    below = census.below[census.heads]
    sectors = [census.sectors[k].name for k in series_of(census, SECTOR.name).tolist()]
    net = ahead.net_kw + coming_kw
    gross = net - made
    moved = np.array([ahead.sectors[name].mid_kw for name in sectors])
    moved[[name == CHARGING for name in sectors]] += coming_kw.sum(axis=0)
    for quantity, middle in (
        (CITY_NET, net.sum(axis=0)[None]),
        (CITY_GROSS, gross.sum(axis=0)[None]),
        (BRANCH_NET, below @ net),
        (BRANCH_GROSS, below @ gross),
        (SECTOR, moved),
    ):
        numbers = series_of(census, quantity.name)
        yield Forecast(
            quantity=quantity.name,
            series=numbers,
            window=ahead.window,
            levels=np.array([0.5]),
            value=middle[None],
            issued_at=issued_at,
            model=(MODEL,) * numbers.size,
        )


def surely(said: Forecast, offset: F, floor: F) -> Forecast:
    """`said` with the band its own errors give, without one where there is none yet.

    Args:
        said: what is expected of N series.
        offset: (B,Q,N) errors by lead time.
        floor: (N,) what the series cannot fall below.
    """
    if not offset.any():
        return said
    value = banded(said.middle, said.window, said.issued_at, offset)
    least = np.minimum(floor[:, None], said.middle)
    return replace(said, levels=LEVELS, value=np.maximum(value, least))


def spread(ahead: Ahead, said: Forecast, row: int) -> Ahead:
    """A sector's outlook with the band of its own errors in place of its parts', where known."""
    if said.levels.size == 1 or not np.ptp(said.value[:, row], axis=0).any():
        return ahead
    return replace(ahead, low_kw=said.value[0, row], high_kw=said.value[-1, row])


def actual(census: Census, read: Read, quantity: str, series: I, window: Window) -> F:
    """(N,T) what was measured of one of `PLANNED`, NaN where nothing was.

    A meter that is silent in a slot is taken between its neighbours in time; of a load none of
    whose meters spoke nothing is said.
    """
    if quantity == SECTOR.name:
        return np.array([_sector(census, read, int(k), window) for k in series])
    homes = np.arange(len(census.city.connections))
    power = read("meter.power_kw", homes, window)
    silent = ~np.isfinite(power).any(axis=0)
    load = _between(power)
    if quantity in (CITY_GROSS.name, BRANCH_GROSS.name):
        makers = _makers(census)
        made = np.nan_to_num(_between(read("asset.power_kw", makers, window)))
        np.subtract.at(load, census.city.sites[makers], made)
    load[:, silent] = np.nan
    whole = quantity in (CITY_NET.name, CITY_GROSS.name)
    found: F = load.sum(axis=0)[None] if whole else census.below[series] @ load
    return found


def _sector(census: Census, read: Read, number: int, window: Window) -> F:
    """(T,) power of a sector's devices, NaN where none spoke."""
    members = census.members[census.sectors[number].name]
    if not members.size:
        return np.full(len(window), np.nan)
    homes, back = np.unique(census.city.sites[members], return_inverse=True)
    base = read("connection.base_kw", homes, window)[back]
    power = asset_kw(census, members, read("asset.power_kw", members, window), base)
    silent = ~np.isfinite(power).any(axis=0)
    total: F = np.where(silent, np.nan, np.nansum(power, axis=0))
    return total


def _makers(census: Census) -> I:
    return census.members.get(MAKERS, np.empty(0, np.int64))


def _between(power: F) -> F:
    """(N,T) with single gaps filled by the mean of what stands on either side, or the side known.

    Longer gaps stay.
    """
    before = np.concatenate([np.full((power.shape[0], 1), np.nan), power[:, :-1]], axis=1)
    after = np.concatenate([power[:, 1:], np.full((power.shape[0], 1), np.nan)], axis=1)
    both = np.stack([before, after])
    known = np.isfinite(both)
    count = known.sum(axis=0)
    mean = np.where(known, both, 0).sum(axis=0) / np.maximum(count, 1)
    near = np.where(count > 0, mean, np.nan)
    return np.where(np.isfinite(power), power, near)
