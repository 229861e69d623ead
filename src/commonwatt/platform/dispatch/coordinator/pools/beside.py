"""Homes elsewhere beside the rows that are ours: each a group of its own, known by its answers.

What a home says cannot be looked into, so it is held to: no answer may undercut a bound that the
home itself has given, at whatever prices, and no bound may exceed what one of its answers costs.
Who is silent, answers nonsense or contradicts itself is counted, from then on, at what was last
confirmed by it, or declared for it; that costs it what its own bounds imply, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from pydantic import ValidationError

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import B, F
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.messages import (
    Asking,
    Closing,
    Response,
    Share,
    named,
)
from commonwatt.platform.dispatch.coordinator.recipe import Recipe
from commonwatt.platform.dispatch.coordinator.shards import Pool, Shape, Told

PATIENCE_S = 10.0
_ROUNDING = 1e-6


class Channel(Protocol):
    """Carries messages to homes and back; `platform.comms` fills it by HTTP and by MQTT."""

    def send(self, number: str, bodies: dict[str, bytes]) -> None:
        """Send to each home named its message, all of them number `number`; does not wait."""

    def collect(self, number: str, within_s: float) -> dict[str, bytes]:
        """The first answer of each home to `number`; who is missing gave none in that time."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Party:
    """A home elsewhere.

    Attributes:
        name: by which its channel knows it.
        place: where it hangs.
        fuse_kw: what its connection carries, either way; no answer may exceed it.
        promise_kw: (T,) what it is counted at where its word cannot be taken: what it last
            confirmed for these slots, or what was declared for it.
    """

    name: str
    place: int
    fuse_kw: float
    promise_kw: F

    def __post_init__(self) -> None:
        """Refuse names that are not fit for a topic.

        Raises:
            InvalidInput: this one is not.
        """
        named(self.name)


class _Said(NamedTuple):
    """What a home does and what it costs, or is counted at: (T,) kW, €, €."""

    power_kw: F
    cost_eur: float
    bound_eur: float


@dataclass(eq=False)
class _Record:
    """What one home has said so far, and why it is out, if it is.

    Attributes:
        party: the home.
        price: (T,) €/kW through each slot, per asking it answered; and
        said: what it answered.
        out: why its word is not taken any more; empty while it is.
    """

    party: Party
    price: list[F] = field(default_factory=list)
    said: list[_Said] = field(default_factory=list)
    out: str = ""

    def took(self, reply: bytes | None, number: str, price: F | None) -> _Said:
        """What counts of its reply to `number`; `price` is None where none was asked."""
        slots = self.party.promise_kw.size
        said = "" if self.out else _read(reply, number, slots, self.party.fuse_kw)
        if isinstance(said, _Said):
            said = self._doubt(said, price) or said
        if isinstance(said, str):
            self.out = self.out or said
            return self._promised(np.zeros(slots) if price is None else price)
        if price is not None:
            self.price.append(price)
            self.said.append(said)
        return said

    def _doubt(self, new: _Said, price: F | None) -> str:
        """Why this cannot be true beside what it said before; else empty."""
        pairs = zip(self.price, self.said, strict=True)
        if any(_undercuts(new, at, before.bound_eur) for at, before in pairs):
            return "undercut a bound that it gave before"
        if price is None:
            return ""
        if any(_undercuts(one, price, new.bound_eur) for one in (*self.said, new)):
            return "gave a bound that an answer of its own undercuts"
        return ""

    def _promised(self, price: F) -> _Said:
        """It keeps to its promise, at the least cost that its own bounds leave."""
        power = self.party.promise_kw
        pairs = zip(self.price, self.said, strict=True)
        cost = max([0.0, *(before.bound_eur - float(at @ power) for at, before in pairs)])
        return _Said(power, cost, cost + float(price @ power))


class Beside:
    """Our pool with homes elsewhere beside it, for one run (fills `Pool`).

    Args:
        ours: the pool of our own rows.
        parties: the homes.
        channel: how to reach them.
        window: the slots.
        run: names this run; late answers of any other are ignored.
        patience_s: how long to wait for a home; whoever misses it once is out for the run.

    Attributes:
        promises: (T,) by name, what each home has confirmed that it will do.
    """

    def __init__(
        self,
        ours: Pool,
        parties: Sequence[Party],
        channel: Channel,
        *,
        window: Window,
        run: str,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._ours, self._channel, self._run = ours, channel, named(run)
        self._window, self._patience_s = window, patience_s
        self._edges = tuple(window.edges.tolist())
        self._groups = ours.shape().count.size
        self._records = [_Record(party) for party in parties]
        self._asked: list[F] = []
        self._bounds: list[float] = []
        self.promises: dict[str, F] = {}

    def shape(self) -> Shape:
        """Of our groups, then one of each home's; the master may not mix what a home will do."""
        ours, homes = self._ours.shape(), len(self._records)
        one = np.ones(homes, dtype=np.int64)
        place = np.array([record.party.place for record in self._records], dtype=np.int64)
        return Shape(
            place=np.concatenate([ours.place, place]),
            count=np.concatenate([ours.count, one]),
            whole=np.concatenate([ours.whole, one]),
        )

    def priced(self, price: F, wanted: B | None = None) -> Answer:
        """The responses to `price` (P,T) €/kWh; homes all answer, and think while our rows do."""
        number = self._id(len(self._asked))
        asked = {
            r.party.name: Asking(
                id=number,
                edges_s=self._edges,
                price_eur_per_kwh=tuple(price[r.party.place].tolist()),
            )
            for r in self._records
            if not r.out
        }
        self._send(number, asked)
        mine = None if wanted is None else wanted[: wanted.size - len(self._records)]
        ours = self._ours.priced(price, mine)
        replies = self._channel.collect(number, self._patience_s) if asked else {}
        worth = price * self._window.hours
        theirs = [
            r.took(replies.get(r.party.name), number, worth[r.party.place]) for r in self._records
        ]
        self._asked.append(price)
        self._bounds.append(sum(said.bound_eur for said in theirs))
        return self._beside(ours, theirs)

    def rounded(self, mix: Recipe, seed: int) -> Answer:
        """What our whole groups do, and what homes say that they will do."""
        number = f"{self._run}-closing"
        wanted = {
            r.party.name: self._closing(self._groups + k, mix, number, seed)
            for k, r in enumerate(self._records)
            if not r.out
        }
        self._send(number, wanted)
        mine = self._ours.rounded(_part(mix, self._groups), seed)
        replies = self._channel.collect(number, self._patience_s) if wanted else {}
        theirs = []
        for record in self._records:
            theirs.append(record.took(replies.get(record.party.name), number, None))
            if not record.out:
                self.promises[record.party.name] = theirs[-1].power_kw
        return self._beside(mine, theirs)

    def mixed(self, mix: Recipe) -> Answer:
        """What our groups do that may mix; homes have said what they do before."""
        mine = self._ours.mixed(_part(mix, self._groups))
        return Answer.joined([mine, Answer.nothing(len(self._records), len(self._window))])

    def powers(self) -> list[list[F]]:
        """Of our rows; homes keep theirs."""
        return self._ours.powers()

    def told(self, price: F) -> Told:
        """What the bound at `price` owes to the homes' word, and whose was not taken."""
        ours = self._ours.told(price)
        notes = [
            f"{r.party.name} {r.out}; it is counted at its promise" for r in self._records if r.out
        ]
        return Told(
            bound_eur=ours.bound_eur + self._bounds[self._index(price)],
            notes=(*ours.notes, *notes),
        )

    def _send(self, number: str, wanted: Mapping[str, Asking | Closing]) -> None:
        bodies = {name: one.model_dump_json().encode() for name, one in wanted.items()}
        if bodies:
            self._channel.send(number, bodies)

    def _beside(self, ours: Answer, theirs: list[_Said]) -> Answer:
        power = np.array([said.power_kw for said in theirs]).reshape(-1, len(self._window))
        rest = Answer(
            power_kw=power,
            cost=np.array([said.cost_eur for said in theirs]),
            bound=np.array([said.bound_eur for said in theirs]),
        )
        return Answer.joined([ours, rest])

    def _closing(self, group: int, mix: Recipe, number: str, seed: int) -> Closing:
        """What the plan takes of the answers of `group`."""
        shares = [
            Share(asking=self._id(self._index(price)), share=min(1.0, float(share[group])))
            for price, share in zip(mix.price, mix.share, strict=True)
            if share[group] > 0
        ]
        return Closing(id=number, edges_s=self._edges, shares=tuple(shares), seed=seed)

    def _id(self, asking: int) -> str:
        return f"{self._run}-{asking}"

    def _index(self, price: F) -> int:
        return next(n for n, asked in enumerate(self._asked) if np.array_equal(asked, price))


def _part(mix: Recipe, groups: int) -> Recipe:
    """The recipe of the first `groups`."""
    return Recipe(price=mix.price, share=[share[:groups] for share in mix.share])


def _read(reply: bytes | None, number: str, slots: int, fuse_kw: float) -> _Said | str:
    """A home's reply; or what it did instead."""
    if reply is None:
        return "did not answer"
    try:
        said = Response.model_validate_json(reply)
    except ValidationError as error:
        return f"answered what is no response ({error.errors()[0]['msg']})"
    if said.id != number or len(said.power_kw) != slots:
        return f"answered {said.id} in {len(said.power_kw)} slots, asked {number} in {slots}"
    most = max(map(abs, said.power_kw))
    if most > fuse_kw * (1 + _ROUNDING):
        return f"answered with {most:.6g} kW, where its connection carries {fuse_kw:.6g}"
    return _Said(np.array(said.power_kw), said.cost_eur, said.bound_eur)


def _undercuts(said: _Said, price: F, bound_eur: float) -> bool:
    """Whether doing this costs less at `price` (T,) €/kW than was said to be possible."""
    paid = said.cost_eur + float(price @ said.power_kw)
    return paid < bound_eur - _ROUNDING * (1 + abs(bound_eur))
