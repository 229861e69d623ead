"""What binds the parts together: one substation, its peaks and the limits of the wires, by place.

Connections on which every limit and loss depends alike are one place. Powers here are (P,T), of all
flexible rows at a place; what nobody can move is already taken off the limits' room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from commonwatt.kernel.flexibility import Limits, Offers
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.objective import Objective
from commonwatt.platform.dispatch.wires import lost_kw, substation_kw

_ALIKE = 0.7
"""Cosine of two limits' sensitivities from which they count as moving together."""
_BROKEN = 1e-7


def onto(price: F, before: Window, now: Window) -> F:
    """`price` (..., T) of one window for another: what it was then, the last one beyond it."""
    moved: F = price[..., _slots(before, now)]
    return moved


def _slots(before: Window, now: Window) -> I:
    """(T,) the slot of `before` in which each slot of `now` begins, the nearest if none."""
    at = np.searchsorted(before.edges, now.starts, side="right") - 1
    return np.clip(at, 0, len(before) - 1)


def _breakable(limits: Limits, least_kw: F, most_kw: F) -> I:
    """Limits that connections could break between `least_kw` and `most_kw` (C,T)."""
    up, down = limits.sens.maximum(0), limits.sens.minimum(0)
    most, least = up @ most_kw + down @ least_kw, up @ least_kw + down @ most_kw
    return np.flatnonzero(((most > limits.high) | (least < limits.low)).any(axis=1))


@dataclass(frozen=True, kw_only=True, eq=False)
class Duals:
    """Prices of what is shared.

    Attributes:
        up: (T,) €/kW of the substation drawing more in a slot, for the day's peak.
        down: (T,) the same for feeding more.
        limit: (R,T) €/unit of each limit's row; positive where its upper side binds.
    """

    up: F
    down: F
    limit: F

    def mixed(self, other: Duals, share: float) -> Duals:
        """`share` of the other, the rest of these."""
        return Duals(
            up=(1 - share) * self.up + share * other.up,
            down=(1 - share) * self.down + share * other.down,
            limit=(1 - share) * self.limit + share * other.limit,
        )

    def onto(self, before: Window, now: Window) -> Duals:
        """Prices of the window `before` for the window `now`; see `onto`."""
        wider = now.hours / before.hours[_slots(before, now)]
        return Duals(
            up=onto(self.up, before, now) * wider,
            down=onto(self.down, before, now) * wider,
            limit=onto(self.limit, before, now) * wider,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Bill:
    """What the system pays for the powers of all places.

    Attributes:
        total: €, energy, losses, peaks and breaches together.
        breach: (R,T) by how much each limit is broken, below negative.
        substation_kw: (T,).
    """

    total: float
    breach: F
    substation_kw: F


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """The shared part of a problem over T slots, P places and R limits.

    Attributes:
        hours: (T,) width of the slots.
        place: (C,) place of every connection.
        first: (P,) a connection of every place.
        loss: (P,T) marginal loss.
        sens: (R,P) of every limit.
        low: (R,T) room below, and
        high: (R,T) above, left by what nobody moves.
        breach_price: (R,) €/(unit·h).
        row: (R,) which of the network's limits these are: those that could be broken at all.
        name: (R,) of them.
        lost_eur: what the wires lose if no flexible row takes any, at `loss_price`.
        loss_price: €/kWh lost, beside the energy's own price.
        base_kw: (T,) substation power if no flexible row took any.
        energy_price: (T,) €/kWh at the substation.
        day: (T,) index of the local day.
        reached: (D,) kW, the peak already reached.
        peak_price: €/kW and day.
    """

    hours: F
    place: I
    first: I
    loss: F
    sens: F
    low: F
    high: F
    breach_price: F
    row: I
    name: tuple[str, ...]
    lost_eur: float
    loss_price: float
    base_kw: F
    energy_price: F
    day: I
    reached: F
    peak_price: float

    @classmethod
    def of(
        cls, offers: Offers, limits: Limits, around_kw: F, objective: Objective, reach: tuple[F, F]
    ) -> Market:
        """From what a plan is made of.

        Args:
            offers: gives the window and what nobody moves.
            limits: the wires, linearised around
            around_kw: (C,T) this operating point.
            objective: system prices.
            reach: (C,T) least and most that the rows of each connection can take together.
        """
        fixed_kw, hours = offers.fixed_kw, offers.window.hours
        row = _breakable(limits, fixed_kw + reach[0], fixed_kw + reach[1])
        limits = replace(
            limits, name=tuple(limits.name[r] for r in row), sens=limits.sens[row],
            low=limits.low[row], high=limits.high[row], price=limits.price[row],
        )  # fmt: skip
        dense = limits.sens.toarray()
        alike = np.vstack([dense, limits.loss.T])
        _, one, place = np.unique(alike, axis=1, return_index=True, return_inverse=True)
        days, day = np.unique(objective.day, return_inverse=True)
        value = limits.sens @ fixed_kw
        so_far = objective.peak_so_far_kw
        return cls(
            hours=hours,
            place=place.reshape(-1).astype(np.int64),
            first=one,
            loss=limits.loss[one],
            sens=dense[:, one],
            low=limits.low - value,
            high=limits.high - value,
            breach_price=limits.price,
            row=row,
            name=limits.name,
            lost_eur=objective.loss_price * float(lost_kw(limits, fixed_kw, around_kw) @ hours),
            loss_price=objective.loss_price,
            base_kw=substation_kw(limits, fixed_kw, around_kw),
            energy_price=objective.energy_price,
            day=day.astype(np.int64),
            reached=np.array([so_far.get(int(d), 0.0) for d in days]),
            peak_price=objective.peak_price_eur_per_kw_day,
        )

    def no_duals(self) -> Duals:
        """Nothing shared is scarce."""
        slots = self.hours.size
        return Duals(up=np.zeros(slots), down=np.zeros(slots), limit=np.zeros(self.low.shape))

    def honest(self, duals: Duals) -> Duals:
        """The nearest duals that prove something: none negative, none dearer than its breach."""
        up, down = np.maximum(duals.up, 0.0), np.maximum(duals.down, 0.0)
        paid = np.bincount(self.day, up + down, self.reached.size)
        scale = np.minimum(1.0, self.peak_price / np.maximum(paid, 1e-300))[self.day]
        most = self.breach_price[:, None] * self.hours
        limit = np.clip(duals.limit, -most, most)
        limit = np.where(np.isfinite(self.high), limit, np.minimum(limit, 0.0))
        limit = np.where(np.isfinite(self.low), limit, np.maximum(limit, 0.0))
        return Duals(up=up * scale, down=down * scale, limit=limit)

    def price(self, duals: Duals) -> F:
        """(P,T) €/kWh that one more kW at each place costs everybody."""
        slot = self.energy_price * self.hours + duals.up - duals.down
        shared = (1 + self.loss) * slot + self.sens.T @ duals.limit
        shared += self.loss * (self.loss_price * self.hours)
        price: F = shared / self.hours
        return price

    @cached_property
    def alike(self) -> B:
        """(R,R) limits that move together: where one is broken its neighbours tend to be."""
        length = np.linalg.norm(self.sens, axis=1)
        unit = self.sens / np.where(length > 0, length, 1.0)[:, None]
        near: B = unit @ unit.T > _ALIKE
        return near

    def broken(self, power_kw: F, known: B) -> B:
        """(2,R,T) upper and lower sides that `power_kw` (P,T) breaks, the worst among those alike.

        Where the worst holds, those beside it mostly hold too; what still breaks comes next time.
        Sides already `known` (2,R,T) are left out and hide nothing.
        """
        breach = self.bill(power_kw).breach
        size = _BROKEN * (1 + np.abs(self.sens @ power_kw))
        found = np.stack([breach > size, breach < -size]) & ~known
        return self._worst(found, self.breach_price[:, None] * np.abs(breach))

    def priced(self, duals: Duals) -> B:
        """(2,R,T) upper and lower sides with a price, the dearest among those alike."""
        felt = np.abs(self.sens).max(axis=1, initial=0.0)[:, None]
        return self._worst(np.stack([duals.limit > 0, duals.limit < 0]), felt * np.abs(duals.limit))

    def _worst(self, sides: B, weight: F) -> B:
        """Of `sides` (2,R,T), in each slot, those with most `weight` (R,T) among limits alike."""
        for side, slot in np.argwhere(sides.any(axis=1)):
            rows = np.flatnonzero(sides[side, :, slot])
            rows = rows[np.argsort(-weight[rows, slot], kind="stable")]
            for i, row in enumerate(rows):
                if sides[side, row, slot]:
                    rest = rows[i + 1 :]
                    sides[side, rest[self.alike[row, rest]], slot] = False
        return sides

    def bill(self, power_kw: F) -> Bill:
        """What the system pays if places take `power_kw` (P,T)."""
        flow = self.base_kw + ((1 + self.loss) * power_kw).sum(axis=0)
        peak = self.reached.copy()
        np.maximum.at(peak, self.day, np.abs(flow))
        value = self.sens @ power_kw
        breach = np.maximum(value - self.high, 0.0) - np.maximum(self.low - value, 0.0)
        paid = float(self.breach_price @ (np.abs(breach) @ self.hours))
        energy = float(self.energy_price @ (flow * self.hours))
        lost = float((self.loss * power_kw).sum(axis=0) @ self.hours)
        energy += self.lost_eur + self.loss_price * lost
        total = energy + self.peak_price * float(peak.sum()) + paid
        return Bill(total=total, breach=breach, substation_kw=flow)
