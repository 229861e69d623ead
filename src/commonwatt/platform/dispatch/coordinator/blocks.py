"""Rows of one family, sorted into groups that answer with one column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.flexibility import Envelope, Modes, Offers, Profile, Storage
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.coordinator.respond import envelope, modes, profile, storage

_FIELDS: dict[type, tuple[str, ...]] = {
    Storage: (
        "draw_kw", "feed_kw", "eta_in", "eta_out", "keep", "use_kwh", "low_kwh", "high_kwh",
        "short_price", "start_kwh", "wear_price", "end_price",
    ),
    Envelope: ("low_kw", "want_kw", "high_kw", "down_price", "up_price"),
    Profile: ("shape_kw", "earliest", "latest", "skip_price"),
    Modes: ("power_kw", "run_price", "switch_price", "dwell", "start_mode", "start_dwell"),
}  # fmt: skip
_RESPONSES: dict[type, Callable[[], Callable[..., None]]] = {
    Storage: storage.responses,
    Envelope: envelope.responses,
    Profile: profile.responses,
    Modes: modes.responses,
}

Family = Storage | Envelope | Profile | Modes


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
        rows: the family's record.
        place: (K,) place of every group.
        order: (N,) rows, group by group.
        first: (K+1,) where each group begins in `order`.
        number: (N,) of the rows in the whole town, which names their luck.
    """

    rows: Family
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
            place=np.arange(places, dtype=np.int64),
            order=np.argsort(here, kind="stable").astype(np.int64),
            first=np.concatenate([[0], np.cumsum(np.bincount(here, minlength=places))]),
            number=np.arange(len(rows), dtype=np.int64),
        )

    @classmethod
    def by_row(cls, rows: Family, place: I) -> Block:
        """Every row a group of its own."""
        count = np.arange(len(rows) + 1, dtype=np.int64)
        near = place[rows.connection]
        return cls(rows=rows, place=near, order=count[:-1], first=count, number=count[:-1])

    def __getstate__(self) -> dict[str, Any]:
        """What travels: tables that say the same in every slot as one column."""
        narrow = {
            name: table[:, :1]
            for name in type(self.rows).__dataclass_fields__
            if _repeats(table := getattr(self.rows, name))
        }
        wide = {name: getattr(self.rows, name).shape[1] for name in narrow}
        return {**self.__dict__, "rows": replace(self.rows, **narrow), "wide": wide}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The tables as they were."""
        rows, wide = state["rows"], state.pop("wide")
        back = {
            name: np.broadcast_to(getattr(rows, name), (len(rows), slots))
            for name, slots in wide.items()
        }
        self.__dict__.update({**state, "rows": replace(rows, **back)})

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
        return Block(
            rows=taken(self.rows, pick),
            place=self.place,
            order=np.arange(pick.size, dtype=np.int64),
            first=np.concatenate([[0], np.cumsum(count)]),
            number=self.number[pick],
        )

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
        answer = Answer.nothing(self.place.size, hours.size)
        kind = type(self.rows)
        fields = (getattr(self.rows, name) for name in _FIELDS[kind])
        _RESPONSES[kind]()(
            self.first, self.order, price, hours, *fields,
            weight, answer.power_kw, answer.cost, answer.bound, each,
        )  # fmt: skip
        return answer


def taken(rows: Family, pick: I) -> Family:
    """The rows `pick` alone; tables that say the same in every slot keep saying it in no memory."""
    names = type(rows).__dataclass_fields__
    part: Family = replace(rows, **{name: _picked(getattr(rows, name), pick) for name in names})
    return part


def _repeats(table: NDArray[Any]) -> bool:
    return table.ndim == 2 and table.strides[1] == 0


def _picked(table: NDArray[Any], pick: I) -> Any:
    if _repeats(table):
        return np.broadcast_to(table[pick, :1], (pick.size, table.shape[1]))
    return table[pick]


def families(offers: Offers) -> tuple[Family, ...]:
    """Everything offered, storage first."""
    found: tuple[Family, ...] = (*offers.storage, *offers.envelope, *offers.profile, *offers.modes)
    return tuple(rows for rows in found if len(rows))
