"""What people put above commands: the server takes it, the brain obeys from the next slot on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from commonwatt.platform.database.tables import OVERRIDE


@dataclass(frozen=True, kw_only=True)
class Override:
    """One person's envelope for one asset.

    Attributes:
        id: its number.
        asset: asset index.
        low_kw: lower bound on power.
        high_kw: upper bound on power.
        since: city time at which it was asked for.
        until: city time at which it lapses.
        author: who.
        note: why, in that person's words.
    """

    id: int
    asset: int
    low_kw: float
    high_kw: float
    since: int
    until: int
    author: str
    note: str


def put(
    connection: Connection,
    asset: int,
    bounds_kw: tuple[float, float],
    span: tuple[int, int],
    *,
    author: str,
    note: str,
) -> Override:
    """Put an override in force from `span[0]` to `span[1]`, in place of one there is."""
    release(connection, asset, span[0])
    values = {
        "asset": asset,
        "low_kw": bounds_kw[0],
        "high_kw": bounds_kw[1],
        "since": span[0],
        "until": span[1],
        "author": author,
        "note": note,
    }
    done = connection.execute(insert(OVERRIDE).values(**values))
    key = done.inserted_primary_key
    assert key is not None  # noqa: S101 - an insert of one row has one
    return Override(id=key[0], **values)  # type: ignore[arg-type]


def release(connection: Connection, asset: int, now: int) -> int:
    """End what is in force for `asset` at `now`; how many were."""
    running = (OVERRIDE.c.asset == asset) & (OVERRIDE.c.until > now)
    done = connection.execute(
        update(OVERRIDE).where(running & OVERRIDE.c.released.is_(None)).values(released=now)
    )
    return int(done.rowcount)


def obeyed(connection: Connection, asset: int, slot: int) -> Override | None:
    """The override that devices obeyed in the slot that starts at `slot`, if there was one.

    What is asked for or ended in a slot is heard before the next one.
    """
    row = connection.execute(
        select(OVERRIDE)
        .where(OVERRIDE.c.asset == asset)
        .where((OVERRIDE.c.since < slot) & (OVERRIDE.c.until > slot))
        .where(OVERRIDE.c.released.is_(None) | (OVERRIDE.c.released >= slot))
        .order_by(OVERRIDE.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _of(row)


def standing(
    connection: Connection, now: int, assets: Sequence[int] | None = None
) -> dict[int, Override]:
    """Overrides in force at `now`, by asset: of all, or of `assets`."""
    wanted = (OVERRIDE.c.until > now) & OVERRIDE.c.released.is_(None)
    if assets is not None:
        wanted &= OVERRIDE.c.asset.in_(list(assets))
    rows = connection.execute(select(OVERRIDE).where(wanted).order_by(OVERRIDE.c.id)).all()
    return {row.asset: _of(row) for row in rows}


def _of(row: Any) -> Override:
    return Override(
        id=row.id,
        asset=row.asset,
        low_kw=row.low_kw,
        high_kw=row.high_kw,
        since=row.since,
        until=row.until,
        author=row.author,
        note=row.note,
    )
