"""Why an asset does what it does: the limit that binds and the marginal price, in one sentence.

`first_slot` and `explain` say it as briefly as commands carry it. `answers` adds what somebody who
asks wants to know: the price here, the limit behind it, and what the alternative was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from commonwatt.kernel.flexibility import (
    Envelope,
    Limits,
    Modes,
    Offers,
    Profile,
    Schedule,
    Storage,
)
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.bands import gathered as gathered_bands
from commonwatt.platform.dispatch.stores import gathered as gathered_stores

Family = Storage | Envelope | Profile | Modes

_STILL_KW = 1e-3
_SAME_PRICE = 5e-4
_WEIGHTLESS = 5e-5
"""€/kWh below which a limit does not count as behind a price."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Room:
    """What the assets (N,) of a schedule could do: bounds, wishes (NaN for stores), and where.

    `felt` (N,R) says which limits an asset's power moves, `whole` (N,) what runs in one go or
    not at all.
    """

    connection: I
    felt: B
    whole: B
    low_kw: F
    want_kw: F
    high_kw: F


def connections(offers: Offers, asset: I) -> I:
    """(K,) the connection behind which each of `asset` hangs; -1 for those not offered."""
    blocks: list[Family] = [*offers.storage, *offers.envelope, *offers.profile, *offers.modes]
    at = np.full(asset.size, -1, dtype=np.int64)
    for block in blocks:
        order = np.argsort(block.asset, kind="stable")
        if order.size:
            place = np.minimum(
                np.searchsorted(block.asset, asset, sorter=order), block.asset.size - 1
            )
            hit = block.asset[order[place]] == asset
            at[hit] = block.connection[order[place]][hit]
    return at


@dataclass(frozen=True, kw_only=True, eq=False)
class Grounds:
    """What a schedule was decided from.

    Attributes:
        schedule: what was decided.
        offers: what was offered.
        limits: what the wires allowed; None where nobody asked them.
        active: (Ra,) which of them were in the programme.
        row_price: (Ra,T) their duals, € per unit of the row.
        place: for local times; UTC without it.
    """

    schedule: Schedule
    offers: Offers
    limits: Limits | None
    active: I
    row_price: F
    place: Place | None


def first_slot(grounds: Grounds) -> tuple[str, ...]:
    """(N,) a sentence for every asset of the schedule, about its first slot."""
    room = _room(grounds)
    assets = range(grounds.schedule.asset.size)
    return tuple(_sentence(grounds.schedule, room, n, 0, grounds.place) for n in assets)


def explain(grounds: Grounds, asset: int, slot: int) -> str:
    """A sentence for one asset and slot."""
    found = np.flatnonzero(grounds.schedule.asset == asset)
    if not found.size:
        return f"follows its own rule: {grounds.schedule.cause or 'the plan does not hold it'}"
    return _sentence(grounds.schedule, _room(grounds), int(found[0]), slot, grounds.place)


def answers(grounds: Grounds) -> tuple[str, ...]:
    """(N,) a sentence for every asset, first slot: what it does, the alternative, what binds it."""
    schedule, room = grounds.schedule, _room(grounds)
    short = first_slot(grounds)
    if schedule.status != "optimal":
        return short
    named, added = _pressing(grounds)
    told = []
    for n, sentence in enumerate(short):
        other = _alternative(schedule, room, n, grounds.place)
        here = room.connection[n]
        limit = f"{named[here]} {_weight(added[here])}" if named[here] else "no limit binds here"
        told.append("; ".join(part for part in (sentence, other, limit) if part))
    return tuple(told)


def _pressing(grounds: Grounds) -> tuple[list[str], F]:
    """By connection: the limit that moves its price most in the first slot, and by how much."""
    count = grounds.schedule.node_price.shape[0]
    if grounds.limits is None or not grounds.active.size:
        return [""] * count, np.zeros(count)
    weight = grounds.row_price[:, :1] / grounds.schedule.window.hours[0]
    added = -grounds.limits.sens[grounds.active].toarray() * weight
    row = np.abs(added).argmax(axis=0)
    most = added[row, np.arange(count)]
    names = [grounds.limits.name[k] for k in grounds.active[row].tolist()]
    felt = np.abs(most) > _WEIGHTLESS
    return [name if is_felt else "" for name, is_felt in zip(names, felt, strict=True)], most


def _weight(price: float) -> str:
    return (
        f"adds {100 * price:.1f} ct to it" if price > 0 else f"takes {-100 * price:.1f} ct off it"
    )


def _alternative(s: Schedule, room: _Room, n: int, place: Place | None) -> str:
    """What else the asset could have done, and what that was worth; nothing where it had no choice.

    A wish: to be left alone. Who draws or rests: to draw later, where it still could. Who feeds: to
    feed later.
    """
    price = s.node_price[room.connection[n]]
    now = f"a kWh is worth {100 * price[0]:.1f} ct here now"
    if room.whole[n] or np.isfinite(room.want_kw[n, 0]):
        return now
    power = s.power_kw[n]
    later = np.arange(1, price.size)
    if power[0] < -_STILL_KW:
        free = later[power[later] > room.low_kw[n, later] + _STILL_KW]
        best = free[price[free].argmax()] if free.size else -1
    else:
        free = later[power[later] < room.high_kw[n, later] - _STILL_KW]
        best = free[price[free].argmin()] if free.size else -1
    if best < 0:
        return f"{now}, and it has no later chance"
    when = _time(int(s.window.edges[best]), place)
    return f"{now}, {100 * price[best]:.1f} ct at {when} when it could too"


def _room(grounds: Grounds) -> _Room:
    offers, schedule, slots = grounds.offers, grounds.schedule, len(grounds.offers.window)
    store, band = gathered_stores(offers.storage, slots), gathered_bands(offers.envelope, slots)
    low, high = np.zeros((2, schedule.asset.size, slots))
    want = np.full((schedule.asset.size, slots), np.nan)
    for asset, down, up in (
        (store.asset, -store.feed_kw, store.draw_kw),
        (band.asset, band.low_kw, band.high_kw),
    ):
        mine = np.isin(asset, schedule.asset)
        at = np.searchsorted(schedule.asset, asset[mine])
        np.add.at(low, at, down[mine])
        np.add.at(high, at, up[mine])
    mine = np.isin(band.asset, schedule.asset)
    want[np.searchsorted(schedule.asset, band.asset[mine])] = band.want_kw[mine]
    where = connections(offers, schedule.asset)
    felt = np.zeros((where.size, len(schedule.limits)), dtype=np.bool_)
    if grounds.limits is not None:
        felt = grounds.limits.sens.toarray()[:, where].T != 0
    owners = [p.asset for p in offers.profile] + [m.asset for m in offers.modes]
    whole = np.isin(schedule.asset, np.concatenate(owners) if owners else [])
    return _Room(connection=where, felt=felt, whole=whole, low_kw=low, want_kw=want, high_kw=high)


def _sentence(s: Schedule, room: _Room, n: int, t: int, place: Place | None) -> str:
    if s.status == "last":
        return f"goes on with the last plan: {s.cause}"
    power, price = s.power_kw[n, t], s.node_price[room.connection[n]]
    if room.whole[n]:
        return _of_whole(s, n, t, place)
    if np.isfinite(room.want_kw[n, t]):
        return _of_wish(s, room, n, t, place)
    if power > _STILL_KW:
        return _of_drawing(s, room, n, t, place)
    if power < -_STILL_KW:
        return (
            f"feeds {-power:.1f} kW: at {_ct(price[t])} now, what is stored is worth more here "
            "than later"
        )
    return _of_waiting(s, room, n, t, place)


def _of_whole(s: Schedule, n: int, t: int, place: Place | None) -> str:
    """What runs as a whole is chosen as a whole: no single slot's price decides it."""
    runs = np.flatnonzero(np.abs(s.power_kw[n]) > _STILL_KW)
    later = runs[runs >= t]
    if not later.size:
        return "does not run any more: a whole run would not pay, or is over"
    if later[0] == t:
        return f"runs at {s.power_kw[n, t]:.1f} kW: as a whole it costs least at this time"
    when = _time(int(s.window.edges[later[0]]), place)
    return f"waits until {when}: as a whole it costs least then"


def _of_wish(s: Schedule, room: _Room, n: int, t: int, place: Place | None) -> str:
    power, want = s.power_kw[n, t], room.want_kw[n, t]
    if abs(power - want) <= _STILL_KW:
        return "runs as it would by itself: nothing stands against it"
    what = f"runs at {abs(power):.1f} instead of {abs(want):.1f} kW"
    return f"{what}: {_limit(s, room, n, t, place) or _price_alone(s, room, n, t)}"


def _price_alone(s: Schedule, room: _Room, n: int, t: int) -> str:
    return f"energy is worth {_ct(s.node_price[room.connection[n], t])} here now"


def _of_drawing(s: Schedule, room: _Room, n: int, t: int, place: Place | None) -> str:
    price = s.node_price[room.connection[n]]
    later = np.flatnonzero(room.high_kw[n] > _STILL_KW)
    end = _time(int(s.window.edges[later[-1] + 1]), place)
    spare = later[(later > t) & (s.power_kw[n, later] < room.high_kw[n, later] - _STILL_KW)]
    cheaper = spare[price[spare] < price[t] - _SAME_PRICE]
    what = f"draws {s.power_kw[n, t]:.1f} kW now"
    short = s.power_kw[n, t] < room.high_kw[n, t] - _STILL_KW
    limit = _limit(s, room, n, t, place) if short else ""
    if limit:
        return f"{what}, no more: {limit}"
    if cheaper.size:
        return f"{what} at {_ct(price[t])}: it is needed before cheaper power comes"
    return f"{what} because {_ct(price[t])} is the cheapest it can wait for before {end}"


def _of_waiting(s: Schedule, room: _Room, n: int, t: int, place: Place | None) -> str:
    if room.high_kw[n, t] <= _STILL_KW and room.low_kw[n, t] >= -_STILL_KW:
        return "rests: it can neither draw nor feed now"
    price = s.node_price[room.connection[n]]
    later = np.flatnonzero((s.power_kw[n] > _STILL_KW) & (np.arange(price.size) > t))
    limit = _limit(s, room, n, t, place)
    if limit and later.size:
        return f"held back: {limit}"
    if later.size:
        when = _time(int(s.window.edges[later[0]]), place)
        return f"waits: {_ct(price[t])} now, {_ct(price[later[0]])} at {when}"
    return f"rests: at {_ct(price[t])} nothing it could do would pay"


def _limit(s: Schedule, room: _Room, n: int, t: int, place: Place | None) -> str:
    """The limit that binds asset `n` in slot `t` and until when, or nothing."""
    row = int(s.binding[t])
    if row < 0 or not room.felt[n, row]:
        return ""
    free = np.flatnonzero(s.binding[t:] != row)
    until = int(s.window.edges[t + free[0]]) if free.size else s.window.end
    over = " and beyond" if s.breach.size and s.breach[row, t] > 0 else ""
    return f"{s.limits[row]} is at its limit{over} until {_time(until, place)}"


def _ct(price: float) -> str:
    return f"{100 * price:.1f} ct/kWh"


def _time(seconds: int, place: Place | None) -> str:
    zone = UTC if place is None else ZoneInfo(place.zone)
    text = datetime.fromtimestamp(seconds, tz=zone).strftime("%H:%M")
    return text if place is not None else f"{text} UTC"
