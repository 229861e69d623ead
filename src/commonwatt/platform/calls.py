"""What operators call of reserve, and what each slot gave of it.

The server puts calls down, the brain what came of them; nothing is ever dropped. A call lasts from
the first slot that heard it, so that none is shorter for having come while a plan was being made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from commonwatt.kernel.intervals import SLOT_S
from commonwatt.platform.database.tables import RESERVE_CALL, RESERVE_GIVEN


@dataclass(frozen=True)
class Given:
    """What the slot that starts at `time` gave of a call, kW, with the call's sign."""

    time: int
    kw: float


@dataclass(frozen=True, kw_only=True)
class Call:
    """Reserve called by one person.

    Attributes:
        id: its number.
        kw: above 0 for less drawn or more fed in, below 0 for more drawn.
        since: city time at which it was asked for.
        lasts_s: how long, from the first slot that heard it.
        ended: city time at which somebody ended it, None where nobody did.
        author: who.
        note: why, in that person's words.
        given: slot by slot; empty until a slot has heard it.
    """

    id: int
    kw: float
    since: int
    lasts_s: int
    ended: int | None
    author: str
    note: str
    given: tuple[Given, ...] = ()

    @property
    def until(self) -> int:
        """City time at which it lapses; what is expected until a slot has heard it."""
        begun = self.given[0].time if self.given else self.since + SLOT_S
        return begun + self.lasts_s

    def stands(self, slot: int) -> bool:
        """Whether the slot that starts at `slot` is to give it."""
        return self.ended is None and (not self.given or slot < self.until)


def put(
    connection: Connection, kw: float, span: tuple[int, int], *, author: str, note: str
) -> Call:
    """Call `kw` at city time `span[0]` for `span[1]` seconds, in place of a call there is."""
    end(connection, span[0])
    values = {"kw": kw, "since": span[0], "lasts_s": span[1], "author": author, "note": note}
    done = connection.execute(insert(RESERVE_CALL).values(**values))
    key = done.inserted_primary_key
    assert key is not None  # noqa: S101 - an insert of one row has one
    return Call(id=key[0], ended=None, **values)  # type: ignore[arg-type]


def end(connection: Connection, now: int) -> bool:
    """End the call that stands at `now`; whether there was one."""
    found = standing(connection, now)
    if found is None:
        return False
    mine = RESERVE_CALL.c.id == found.id
    connection.execute(update(RESERVE_CALL).where(mine).values(ended=now))
    return True


def standing(connection: Connection, now: int) -> Call | None:
    """The call in force at `now`, or about to be; None where there is none."""
    found = newest(connection, 1)
    return found[0] if found and found[0].stands(now) else None


def newest(connection: Connection, count: int) -> list[Call]:
    """The last `count` calls, newest first, with what came of them."""
    last = select(RESERVE_CALL).order_by(RESERVE_CALL.c.id.desc()).limit(count)
    rows = connection.execute(last).all()
    slots = connection.execute(
        select(RESERVE_GIVEN)
        .where(RESERVE_GIVEN.c.call.in_([row.id for row in rows]))
        .order_by(RESERVE_GIVEN.c.time)
    ).all()
    return [_of(row, [slot for slot in slots if slot.call == row.id]) for row in rows]


def gave(connection: Connection, call: int, given: Given) -> None:
    """Put down what a slot gave of a call."""
    values = {"call": call, "time": given.time, "kw": given.kw}
    connection.execute(insert(RESERVE_GIVEN).values(**values))


def _of(row: Any, slots: Sequence[Any]) -> Call:
    return Call(
        id=row.id,
        kw=row.kw,
        since=row.since,
        lasts_s=row.lasts_s,
        ended=row.ended,
        author=row.author,
        note=row.note,
        given=tuple(Given(slot.time, slot.kw) for slot in slots),
    )
