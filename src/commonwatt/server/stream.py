"""Live values by server-sent events: the present whole, then what changes, without a gap.

Every event has the number it has in the outbox. A page that was away says the last it saw and gets
what followed; where that is no longer kept, or it says none, it gets the present.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from commonwatt.platform import outbox
from commonwatt.platform.database import Database

POLL_S = 0.2
PING_S = 15.0


@dataclass(frozen=True)
class Sent:
    """One server-sent event; without an id it does not move the page's place in the stream."""

    kind: str
    data: str
    id: int | None = None

    def encode(self) -> str:
        """As it goes over the wire."""
        number = "" if self.id is None else f"id: {self.id}\n"
        return f"{number}event: {self.kind}\ndata: {self.data}\n\n"


def following(database: Database, last: int | None) -> tuple[list[Sent], int | None]:
    """What a page that saw `last` has not seen, and the last event it has seen then.

    None as the second value says that there is nothing yet at all.
    """
    with database.read() as connection:
        events = None if last is None else outbox.since(connection, last)
        if events is not None:
            return [_sent(e) for e in events], events[-1].id if events else last
        now = outbox.present(connection)
    if now is None:
        return [], None
    number, body = now
    return [Sent("snapshot", f'{{"event":{number},{body[1:]}', number)], number


def _sent(event: outbox.Event) -> Sent:
    if event.kind != "delta":
        return Sent(event.kind, event.body, event.id)
    comma = "" if event.body == "{}" else ","
    return Sent("delta", f'{{"event":{event.id}{comma}{event.body[1:]}', event.id)


class Changed:
    """Tells which of some documents have changed since it last looked.

    Args:
        look: the documents now, by id.
    """

    def __init__(self, look: Callable[[], dict[str, str]]) -> None:
        self._look = look
        self._seen: dict[str, str] = {}

    def fresh(self) -> Iterator[str]:
        """Those that are new or different."""
        now = self._look()
        yield from (body for key, body in now.items() if self._seen.get(key) != body)
        self._seen = dict(now)


async def events(
    database: Database,
    last: int | None,
    studies: Callable[[], dict[str, str]],
    closing: Callable[[], bool],
) -> AsyncIterator[str]:
    """The stream for one page until it goes or the server closes.

    Args:
        database: holds the outbox.
        last: the newest event the page has seen, if it says so.
        studies: states of studies as JSON, by id; all are told at first, then what changes.
        closing: whether the server is about to stop.
    """
    changed, quiet = Changed(studies), 0.0
    while not closing():
        found, last = await asyncio.to_thread(following, database, last)
        told = await asyncio.to_thread(lambda: list(changed.fresh()))
        sent = [*found, *(Sent("study", body) for body in told)]
        for one in sent:
            yield one.encode()
        quiet = 0.0 if sent else quiet + POLL_S
        if quiet >= PING_S:
            quiet = 0.0
            yield Sent("ping", json.dumps({})).encode()
        await asyncio.sleep(POLL_S)
