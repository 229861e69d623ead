"""Rows of one family, sorted into groups that answer with one column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Modes, Offers, Profile, Storage
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.coordinator.respond import charge, envelope, modes, profile, storage
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
R = TypeVar("R", Storage, Envelope, Profile, Modes)


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
    """

    rows: Family
    table: Family | Charge
    place: I
    order: I
    first: I

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
        )

    def only(self, chosen: B) -> Block:
        """The same groups with only those rows for which `chosen` (N,) says so."""
        stays = chosen[self.order]
        group = np.repeat(np.arange(self.place.size), np.diff(self.first))[stays]
        count = np.bincount(group, minlength=self.place.size)
        return replace(self, order=self.order[stays], first=np.concatenate([[0], np.cumsum(count)]))

    @property
    def whole(self) -> bool:
        """Whether rows choose among separate answers, of which a mixture is none."""
        return isinstance(self.rows, Profile | Modes)

    def priced(self, price: F, hours: F) -> Answer:
        """The groups' responses to `price` (P,T) €/kWh."""
        none, weight = np.empty((0, hours.size)), np.zeros(self.place.size)
        return self._asked(price[self.place], hours, weight, none)

    def add_shares(self, each: F, price: F, hours: F, weight: F) -> Answer:
        """Add `weight` (K,) of every row's own response to `each` (N,T); the responses."""
        return self._asked(price[self.place], hours, weight, each)

    def _asked(self, price: F, hours: F, weight: F, each: F) -> Answer:
        groups = self.place.size
        answer = Answer(
            power_kw=np.zeros((groups, hours.size)), cost=np.zeros(groups), bound=np.zeros(groups)
        )
        kind = type(self.table)
        fields = (getattr(self.table, name) for name in _FIELDS[kind])
        _RESPONSES[kind]()(
            self.first, self.order, price, hours, *fields,
            weight, answer.power_kw, answer.cost, answer.bound, each,
        )  # fmt: skip
        return answer


def families(offers: Offers) -> tuple[Family, ...]:
    """Everything offered, storage first; stores that only fill are kept apart from the others."""
    storage = [part for rows in offers.storage for part in _parted(rows)]
    found: tuple[Family, ...] = (*storage, *offers.envelope, *offers.profile, *offers.modes)
    return tuple(rows for rows in found if len(rows))


def taken(rows: R, pick: I) -> R:
    """The rows `pick` alone, as a table of their own."""
    names = type(rows).__dataclass_fields__
    return replace(rows, **{n: getattr(rows, n)[pick] for n in names})


def _parted(rows: Storage) -> list[Storage]:
    fills, _ = condensed(rows)
    if fills.all() or not fills.any():
        return [rows]
    return [taken(rows, np.flatnonzero(fills)), taken(rows, np.flatnonzero(~fills))]


def _table(rows: Family) -> Family | Charge:
    if not isinstance(rows, Storage):
        return rows
    fills, charges = condensed(rows)
    return charges if fills.all() else rows
