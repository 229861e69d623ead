"""Fairness: who has borne more than a fair share this month is asked at a higher price.

A burden is solar energy held back, per kW of roof, and cold, per heated home. Each neighbourhood
has an account of the last days, from what was measured. Where it has borne more than the city's
mean, the price of burdening it further is multiplied:
`1 + weight · (borne / mean − 1)`, never below 1 and never beyond `1 + 3 · weight`. Prices stay
constants of the plan, so that a plan is the linear programme it was; over the month the accounts
draw together, since whoever is behind is the cheaper to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Envelope, Offers, Schedule, Storage
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.ports import Plan, View
from commonwatt.kernel.units import F, I

MOST = 3.0
"""How far beyond its share, in shares, a neighbourhood still raises its price."""
SLIGHT = 0.1
"""kWh per kW of roof, and kelvin-hours per home, that are as good as none."""


@dataclass(frozen=True, kw_only=True)
class Fairness:
    """What a city file says of fairness.

    Attributes:
        weight: by what share of itself the price of a burden rises for every share that a
            neighbourhood has borne beyond its own; 0 leaves plans as they are.
        days: how long burdens are remembered.
    """

    weight: float = 0.0
    days: int = 30

    def __post_init__(self) -> None:
        """Reject a weight that would make burdens cheaper the more there are."""
        if not (0 <= self.weight < np.inf and self.days >= 1):
            raise InvalidInput(
                f"fairness: weight {self.weight:g} and days {self.days} cannot be; the weight is "
                "0 or more, the days are 1 or more"
            )


@dataclass(frozen=True)
class _Kind:
    """A burden: whose, in which quantity, and what it is measured against."""

    name: str
    quantity: str
    per: str
    hours: float

    def sizes(self, plan: Plan) -> F:
        """(N,) what each asset counts for."""
        table = plan.table(self.name)
        return table.f(self.per) if self.per else np.ones(len(table))


CURTAILED = _Kind("pv", "pv.curtailed_kw", "rated_kw", SLOT_S / 3600)
COLD = _Kind("heat_pump", "building.cold_k_h", "", 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Burden:
    """One kind's account.

    Attributes:
        areas: (B,) neighbourhoods.
        area: (C,) which of them each connection lies in.
        borne: (B,) per kW of roof or per home, in the days remembered; NaN where there are none.
        factor: (B,) by which prices of a further burden are multiplied.
    """

    areas: tuple[str, ...]
    area: I
    borne: F
    factor: F

    def at(self, connection: I) -> F:
        """(K,) factor of each connection."""
        found: F = self.factor[self.area[connection]]
        return found


@dataclass
class Accounts:
    """What every neighbourhood has borne, day by day."""

    fairness: Fairness
    _days: dict[tuple[str, int], F] = field(default_factory=dict)

    def burdens(self, view: View) -> dict[str, Burden]:
        """By kind of asset, the burdens of the days up to `view.now`; none without a weight."""
        if self.fairness.weight == 0:
            return {}
        return {
            kind.name: self._burden(kind, view)
            for kind in (CURTAILED, COLD)
            if len(view.plan.table(kind.name))
        }

    def _burden(self, kind: _Kind, view: View) -> Burden:
        areas, area = np.unique(
            np.array(view.plan.connections.text("neighbourhood")), return_inverse=True
        )
        table = view.plan.table(kind.name)
        where = area[table.connection]
        size = np.bincount(where, kind.sizes(view.plan), areas.size)
        total = np.zeros(areas.size)
        today = view.now - int(view.plan.place.local(np.array([view.now]))[0]) % DAY_S
        for back in range(self.fairness.days):
            total += self._day(kind, view, today - back * DAY_S, where, areas.size)
        borne = np.divide(total, size, out=np.full(areas.size, np.nan), where=size > 0)
        mean = total.sum() / size.sum()
        beyond = np.nan_to_num((borne + SLIGHT) / (mean + SLIGHT) - 1.0)
        factor = 1.0 + self.fairness.weight * np.clip(beyond, 0.0, MOST)
        return Burden(areas=tuple(areas.tolist()), area=area, borne=borne, factor=factor)

    def _day(self, kind: _Kind, view: View, start: int, where: I, areas: int) -> F:
        """(B,) burden of the day from `start` up to now; whole days are summed once."""
        known = self._days.get((kind.name, start))
        if known is not None:
            return known
        slots = min(DAY_S, view.now - start) // SLOT_S
        if slots < 1:
            return np.zeros(areas)
        window = Window.uniform(start, slots)
        values = view.history(kind.quantity, view.plan.table(kind.name).ix, window)
        borne: F = np.zeros(areas)
        np.add.at(borne, where, np.nansum(values, axis=1) * kind.hours)
        if start + DAY_S <= view.now:
            oldest = view.now - (self.fairness.days + 2) * DAY_S
            self._days = {k: v for k, v in self._days.items() if k[1] > oldest}
            self._days[kind.name, start] = borne
        return borne


def eased(offers: Offers, plan: Plan, burdens: Mapping[str, Burden]) -> Offers:
    """`offers` with the prices of burdens multiplied where a neighbourhood has borne its share."""
    if not burdens:
        return offers
    factor = {kind: (plan.table(kind).ix, burden) for kind, burden in burdens.items()}
    bands = tuple(_band(block, factor) for block in offers.envelope)
    stores = tuple(_store(block, factor) for block in offers.storage)
    return replace(offers, envelope=bands, storage=stores)


def surcharge(schedule: Schedule, plain: Offers, fair: Offers) -> float:
    """€ that `schedule` counts only because prices in `fair` are higher than in `plain`."""
    hours, extra = schedule.window.hours, 0.0
    for before, after in zip(plain.envelope, fair.envelope, strict=True):
        more = np.nan_to_num(schedule.power_of(before.asset) - before.want_kw)
        extra += float(((after.up_price - before.up_price) * np.maximum(more, 0.0) * hours).sum())
    rows = {int(asset): row for row, asset in enumerate(schedule.asset)}
    for old, new in zip(plain.storage, fair.storage, strict=True):
        price = new.short_price - old.short_price
        held = np.isin(old.asset, schedule.asset)
        for n in np.flatnonzero(held & (price > 0).any(axis=1)):
            level = schedule.level_kwh[rows[int(old.asset[n])]]
            extra += float((price[n] * np.maximum(old.low_kwh[n] - level, 0.0)).sum())
    return extra


def _rows(asset: I, connection: I, of: tuple[I, Burden]) -> F:
    """(N,1) factor of each row, 1 for other kinds."""
    members, burden = of
    return np.where(np.isin(asset, members), burden.at(connection), 1.0)[:, None]


def _band(block: Envelope, factor: Mapping[str, tuple[I, Burden]]) -> Envelope:
    if CURTAILED.name not in factor:
        return block
    rows = _rows(block.asset, block.connection, factor[CURTAILED.name])
    return replace(block, up_price=block.up_price * rows)


def _store(block: Storage, factor: Mapping[str, tuple[I, Burden]]) -> Storage:
    if COLD.name not in factor:
        return block
    rows = _rows(block.asset, block.connection, factor[COLD.name])
    return replace(block, short_price=block.short_price * rows)
