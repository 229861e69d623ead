"""Every forecast the loop ever issued, as it was said, for as long as its space is bounded.

All issues of the last hours are kept, so that every plan on record has the forecasts it was made
from; beyond that one an hour, for some days; and never more than a number of bytes, whatever the
size of the city. What is kept is never written again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from commonwatt.kernel.intervals import DAY_S
from commonwatt.platform.database.tables import FORECAST, LEARNT
from commonwatt.platform.forecast.issued import (
    Inputs,
    Issued,
    decoded,
    encoded,
    inputs_from,
    inputs_text,
)

HOUR_S = 3600
ALL_KEPT_S = 6 * HOUR_S
"""Every issue is kept for so long."""
KEPT_S = 4 * DAY_S
"""One issue an hour is kept for so long."""
MOST_BYTES = 256 * 2**20
"""The oldest go first where there would be more; the newest issue always stays."""


@dataclass(frozen=True)
class Entry:
    """The newest issue of a quantity, without its values."""

    quantity: str
    issued_at: int
    series: int
    inputs: Inputs


def put(connection: Connection, issued: Issued) -> None:
    """Put down a forecast; the same slot decided again after a crash says the same again."""
    said = issued.forecast
    body = encoded(said)
    same = (FORECAST.c.quantity == said.quantity) & (FORECAST.c.issued_at == said.issued_at)
    connection.execute(delete(FORECAST).where(same))
    connection.execute(
        insert(FORECAST).values(
            quantity=said.quantity,
            issued_at=said.issued_at,
            series=said.series.size,
            inputs=inputs_text(issued.inputs),
            size=len(body),
            body=body,
        )
    )


def drop_old(connection: Connection, now: int, most_bytes: int = MOST_BYTES) -> None:
    """Let go of what is no longer kept at `now`."""
    at = FORECAST.c.issued_at
    between = (at % HOUR_S != 0) & (at < now - ALL_KEPT_S)
    connection.execute(delete(FORECAST).where(between | (at < now - KEPT_S)))
    sizes = select(at, func.sum(FORECAST.c.size)).group_by(at).order_by(at.desc())
    held = 0
    for k, (moment, size) in enumerate(connection.execute(sizes).all()):
        held += size
        if k and held > most_bytes:
            connection.execute(delete(FORECAST).where(at <= moment))
            break
    oldest = select(func.min(at)).scalar_subquery()
    first = select(func.max(LEARNT.c.fitted_at)).where(LEARNT.c.fitted_at <= oldest)
    connection.execute(delete(LEARNT).where(LEARNT.c.fitted_at < first.scalar_subquery()))


def newest(connection: Connection) -> list[Entry]:
    """The newest issue of every quantity, by name."""
    last = (
        select(FORECAST.c.quantity, func.max(FORECAST.c.issued_at).label("at"))
        .group_by(FORECAST.c.quantity)
        .subquery()
    )
    both = (FORECAST.c.quantity == last.c.quantity) & (FORECAST.c.issued_at == last.c.at)
    found = select(
        FORECAST.c.quantity, FORECAST.c.issued_at, FORECAST.c.series, FORECAST.c.inputs
    ).join(last, both)
    rows = connection.execute(found.order_by(FORECAST.c.quantity)).all()
    return [Entry(r.quantity, r.issued_at, r.series, inputs_from(r.inputs)) for r in rows]


def issues(connection: Connection, quantity: str) -> list[int]:
    """When the issues of a quantity that are kept were made, rising."""
    found = select(FORECAST.c.issued_at).where(FORECAST.c.quantity == quantity)
    return list(connection.execute(found.order_by(FORECAST.c.issued_at)).scalars())


def load(connection: Connection, quantity: str, issued_at: int | None = None) -> Issued | None:
    """The issue made at `issued_at`, or the newest; None where it is not kept."""
    found = select(FORECAST).where(FORECAST.c.quantity == quantity)
    if issued_at is not None:
        found = found.where(FORECAST.c.issued_at == issued_at)
    row = connection.execute(found.order_by(FORECAST.c.issued_at.desc()).limit(1)).first()
    return None if row is None else _issued(row.quantity, row.issued_at, row.inputs, row.body)


def since(connection: Connection, quantity: str, begin: int, end: int) -> Iterator[Issued]:
    """The issues made in [begin, end), in order, one at a time."""
    within = (FORECAST.c.issued_at >= begin) & (FORECAST.c.issued_at < end)
    found = select(FORECAST).where((FORECAST.c.quantity == quantity) & within)
    for row in connection.execute(found.order_by(FORECAST.c.issued_at)):
        yield _issued(row.quantity, row.issued_at, row.inputs, row.body)


def note_learnt(
    connection: Connection, quantity: str, fitted_at: int, why: Mapping[int, tuple[str, str]]
) -> None:
    """Keep which model serves each series since `fitted_at`, and why."""
    same = (LEARNT.c.quantity == quantity) & (LEARNT.c.fitted_at == fitted_at)
    connection.execute(delete(LEARNT).where(same))
    text = json.dumps({str(series): pair for series, pair in why.items()})
    connection.execute(
        insert(LEARNT).values(
            quantity=quantity, fitted_at=fitted_at, body=zlib.compress(text.encode())
        )
    )


def learnt(connection: Connection, quantity: str, fitted_at: int) -> dict[int, tuple[str, str]]:
    """By series: the model that serves it since `fitted_at` and one sentence why; maybe none."""
    same = (LEARNT.c.quantity == quantity) & (LEARNT.c.fitted_at == fitted_at)
    body = connection.execute(select(LEARNT.c.body).where(same)).scalar()
    if body is None:
        return {}
    found = json.loads(zlib.decompress(body))
    return {int(series): (model, reason) for series, (model, reason) in found.items()}


def held_bytes(connection: Connection) -> int:
    """What all kept values take."""
    return int(connection.execute(select(func.sum(FORECAST.c.size))).scalar() or 0)


def _issued(quantity: str, issued_at: int, inputs: str, body: bytes) -> Issued:
    return Issued(forecast=decoded(quantity, issued_at, body), inputs=inputs_from(inputs))
