"""The outbox: what pages hear, numbered, written in the transaction that made it true.

A page that comes folds nothing: it takes the present whole. One that was away takes the events
since the last it saw, as long as they are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from commonwatt.platform.database.tables import EVENT, PRESENT

KEPT = 500
"""Events kept for pages that were away; one that was away longer takes the present whole."""


@dataclass(frozen=True)
class Event:
    """One thing pages hear: `body` is JSON."""

    id: int
    time: int
    kind: str
    body: str


def publish(connection: Connection, time: int, events: Sequence[tuple[str, str]]) -> int:
    """Append (kind, body) pairs in order, drop the oldest beyond those kept; the newest id."""
    for kind, body in events:
        connection.execute(insert(EVENT).values(time=time, kind=kind, body=body))
    newest = connection.execute(select(func.max(EVENT.c.id))).scalar() or 0
    connection.execute(delete(EVENT).where(EVENT.c.id <= newest - KEPT))
    return int(newest)


def set_present(connection: Connection, event: int, body: str) -> None:
    """Put down what all events up to `event` fold into."""
    connection.execute(delete(PRESENT))
    connection.execute(insert(PRESENT).values(id=1, event=event, body=body))


def present(connection: Connection) -> tuple[int, str] | None:
    """The newest present and the event it includes, or None before there is one."""
    row = connection.execute(select(PRESENT.c.event, PRESENT.c.body)).first()
    return None if row is None else (int(row.event), str(row.body))


def newest(connection: Connection) -> int:
    """The id of the newest event, 0 before there is one."""
    return int(connection.execute(select(func.max(EVENT.c.id))).scalar() or 0)


def since(connection: Connection, last: int) -> list[Event] | None:
    """The events after `last`; None where some are no longer kept, or `last` never was."""
    found = connection.execute(
        select(EVENT.c.id, EVENT.c.time, EVENT.c.kind, EVENT.c.body)
        .where(EVENT.c.id >= last)
        .order_by(EVENT.c.id)
    ).all()
    if not found or found[0].id != last:
        return None
    return [Event(row.id, row.time, row.kind, row.body) for row in found[1:]]
