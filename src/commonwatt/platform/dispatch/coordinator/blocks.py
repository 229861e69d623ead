"""Rows of one family, sorted into groups that answer with one column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.flexibility import Envelope, Modes, Offers, Profile, Storage
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.coordinator.respond import (
    charge,
    envelope,
    modes,
    profile,
    storage,
)
from commonwatt.platform.dispatch.coordinator.respond.charge import Charge, condensed

_FIELDS: dict[type, tuple[str, ...]] = {
    Storage: (
        "draw_kw", "feed_kw", "eta_in", "eta_out", "keep", "use_kwh", "low_kwh", "high_kwh",
        "short_price", "start_kwh", "wear_price", "end_price",
    ),
    Charge: (
        "draw_kw", "eta", "need_kwh", "short_price", "room_kwh", "wear_price", "end_price",
        "given_eur",
    ),
    Envelope: ("low_kw", "want_kw", "high_kw", "down_price", "up_price"),
    Profile: ("shape_kw", "earliest", "latest", "skip_price"),
    Modes: ("power_kw", "run_price", "switch_price", "dwell", "start_mode", "start_dwell"),
}  # fmt: skip
_RESPONSES: dict[type, Callable[[], Callable[..., None]]] = {
    Storage: storage.responses,
    Charge: charge.responses,
    Envelope: envelope.responses,
    Profile: profile.responses,
    Modes: modes.responses,
}

Family = Storage | Envelope | Profile | Modes
R = TypeVar("R", bound=Storage | Envelope | Profile | Modes | Charge)


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """How K groups respond to prices.

    Attributes:
        power_kw: (K,T) of all rows of a group.
        cost: (K,) € they pay by themselves: wear, discomfort, what was given up.
        bound: (K,) lower bound on that plus their energy at the prices asked.
    """

    power_kw: F
    cost: F
    bound: F

    @classmethod
    def nothing(cls, groups: int, slots: int) -> Answer:
        """Of `groups` that do nothing."""
        return cls(
            power_kw=np.zeros((groups, slots)), cost=np.zeros(groups), bound=np.zeros(groups)
        )

    @classmethod
    def joined(cls, parts: list[Answer]) -> Answer:
        """Groups one after another."""
        return cls(
            power_kw=np.concatenate([a.power_kw for a in parts]),
            cost=np.concatenate([a.cost for a in parts]),
            bound=np.concatenate([a.bound for a in parts]),
        )

    @classmethod
    def summed(cls, parts: list[Answer]) -> Answer:
        """The same groups, their rows spread over several answers."""
        return cls(
            power_kw=np.sum([a.power_kw for a in parts], axis=0),
            cost=np.sum([a.cost for a in parts], axis=0),
            bound=np.sum([a.bound for a in parts], axis=0),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """N rows of one family in K groups.

    Attributes:
        rows: the family's record, and
        table: what of it decides how they answer.
        place: (K,) place of every group.
        order: (N,) rows, group by group.
        first: (K+1,) where each group begins in `order`.
        number: (N,) of the rows in the whole town, which names their luck.
    """

    rows: Family
    table: Family | Charge
    place: I
    order: I
    first: I
    number: I

    @classmethod
    def by_place(cls, rows: Family, place: I, places: int) -> Block:
        """One group per place, empty ones included; `place` (C,) of every connection."""
        here = place[rows.connection]
        return cls(
            rows=rows,
            table=_table(rows),
            place=np.arange(places, dtype=np.int64),
            order=np.argsort(here, kind="stable").astype(np.int64),
            first=np.concatenate([[0], np.cumsum(np.bincount(here, minlength=places))]),
            number=np.arange(len(rows), dtype=np.int64),
        )

    @classmethod
    def by_row(cls, rows: Family, place: I) -> Block:
        """Every row a group of its own."""
        count = np.arange(len(rows) + 1, dtype=np.int64)
        return cls(
            rows=rows,
            table=_table(rows),
            place=place[rows.connection],
            order=count[:-1],
            first=count,
            number=count[:-1],
        )

    def __getstate__(self) -> dict[str, Any]:
        """What travels: of tables that say the same in every slot one column."""
        table = None if self.table is self.rows else _narrowed(self.table)
        return {**self.__dict__, "rows": _narrowed(self.rows), "table": table}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """As it was."""
        rows = _widened(*state["rows"])
        table = rows if state["table"] is None else _widened(*state["table"])
        self.__dict__.update({**state, "rows": rows, "table": table})

    def only(self, chosen: B) -> Block:
        """The same groups with only those rows for which `chosen` (N,) says so."""
        stays = chosen[self.order]
        group = np.repeat(np.arange(self.place.size), np.diff(self.first))[stays]
        count = np.bincount(group, minlength=self.place.size)
        return replace(self, order=self.order[stays], first=np.concatenate([[0], np.cumsum(count)]))

    def of_groups(self, chosen: B) -> Block:
        """The rows of the groups `chosen` (K,) in tables of their own; the others stay, empty."""
        count = np.where(chosen, np.diff(self.first), 0)
        pick = self.order[np.repeat(chosen, np.diff(self.first))]
        rows = taken(self.rows, pick)
        return Block(
            rows=rows,
            table=rows if self.table is self.rows else taken(self.table, pick),
            place=self.place,
            order=np.arange(pick.size, dtype=np.int64),
            first=np.concatenate([[0], np.cumsum(count)]),
            number=self.number[pick],
        )

    @property
    def whole(self) -> bool:
        """Whether rows choose among separate answers, of which a mixture is none."""
        return isinstance(self.rows, Profile | Modes)

    def priced(self, price: F, hours: F, wanted: B | None = None) -> Answer:
        """The responses to `price` (P,T) €/kWh of the groups `wanted` (K,), 0 of the others."""
        weight = np.ones(self.place.size) if wanted is None else wanted.astype(np.float64)
        return self._asked(price[self.place], hours, weight, np.empty((0, hours.size)))

    def add_shares(self, each: F, price: F, hours: F, weight: F) -> Answer:
        """Add `weight` (K,) of every row's own response to `each` (N,T); the responses."""
        return self._asked(price[self.place], hours, weight, each)

    def _asked(self, price: F, hours: F, weight: F, each: F) -> Answer:
        answer = Answer.nothing(self.place.size, hours.size)
        kind = type(self.table)
        fields = (getattr(self.table, name) for name in _FIELDS[kind])
        _RESPONSES[kind]()(
            self.first, self.order, price, hours, *fields,
            weight, answer.power_kw, answer.cost, answer.bound, each,
        )  # fmt: skip
        return answer


def families(offers: Offers) -> tuple[Family, ...]:
    """Everything offered, storage first; stores that only fill are kept apart from the others.

    Either part of a table may be empty: so the next horizon, in which a car may have changed parts,
    has the same families.
    """
    storage = [part for rows in offers.storage if len(rows) for part in _parted(rows)]
    rest: tuple[Family, ...] = (*offers.envelope, *offers.profile, *offers.modes)
    return (*storage, *(rows for rows in rest if len(rows)))


def reached(tables: tuple[Family, ...], connections: int, slots: int) -> tuple[F, F]:
    """(C,T) least and most power that the rows of every connection could take together."""
    least, most = np.zeros((2, connections, slots))
    for rows in tables:
        low, high = _extremes(rows)
        np.add.at(least, rows.connection, low)
        np.add.at(most, rows.connection, high)
    return least, most


def _extremes(rows: Family) -> tuple[F, F]:
    """Least and most power of every row, (N,T) or (N,1)."""
    if isinstance(rows, Storage):
        return -rows.feed_kw, rows.draw_kw
    if isinstance(rows, Envelope):
        return np.minimum(rows.low_kw, rows.want_kw), np.maximum(rows.high_kw, rows.want_kw)
    power = rows.shape_kw if isinstance(rows, Profile) else rows.power_kw
    low, high = power.min(axis=1, keepdims=True), power.max(axis=1, keepdims=True)
    return (
        (np.minimum(low, 0.0), np.maximum(high, 0.0)) if isinstance(rows, Profile) else (low, high)
    )


def taken(rows: R, pick: I) -> R:
    """The rows `pick` alone; tables that say the same in every slot keep saying it in no memory."""
    names = type(rows).__dataclass_fields__
    return replace(rows, **{name: _picked(getattr(rows, name), pick) for name in names})


def _picked(table: NDArray[Any], pick: I) -> Any:
    if _repeats(table):
        return np.broadcast_to(table[pick, :1], (pick.size, table.shape[1]))
    return table[pick]


def _narrowed(rows: R) -> tuple[R, dict[str, int]]:
    """One column of each table that says the same in every slot, and how wide it was."""
    tables = {name: getattr(rows, name) for name in type(rows).__dataclass_fields__}
    wide = {name: table.shape[1] for name, table in tables.items() if _repeats(table)}
    return replace(rows, **{name: tables[name][:, :1] for name in wide}), wide


def _widened(rows: R, wide: dict[str, int]) -> R:
    tables: dict[str, Any] = {
        name: np.broadcast_to(getattr(rows, name), (len(rows), slots))
        for name, slots in wide.items()
    }
    return replace(rows, **tables)


def _repeats(table: NDArray[Any]) -> bool:
    return table.ndim == 2 and table.strides[1] == 0


def _parted(rows: Storage) -> list[Storage]:
    fills, _ = condensed(rows)
    none = np.empty(0, dtype=np.int64)
    if fills.all():
        return [rows, taken(rows, none)]
    if not fills.any():
        return [taken(rows, none), rows]
    return [taken(rows, np.flatnonzero(fills)), taken(rows, np.flatnonzero(~fills))]


def _table(rows: Family) -> Family | Charge:
    if not isinstance(rows, Storage):
        return rows
    fills, charges = condensed(rows)
    return charges if fills.all() else rows
