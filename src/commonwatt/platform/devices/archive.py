"""Devices in the database: where each stands, and what it was told lately."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from commonwatt.kernel.commands import Commands
from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.units import B, I
from commonwatt.platform.database.tables import COMMAND, DEVICE
from commonwatt.platform.devices.kept import Kept

HISTORY_S = 2 * 86_400
"""How long commands are remembered one by one."""
_COLUMNS = tuple(f.name for f in fields(Kept))


def save(connection: Connection, kept: Kept) -> None:
    """Put down where all devices stand, in place of where they stood."""
    connection.execute(delete(DEVICE))
    columns = [getattr(kept, name) for name in _COLUMNS]
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in _rows(columns)]
    if rows:
        connection.execute(insert(DEVICE), rows)


def load(connection: Connection) -> Kept:
    """Where all devices stood."""
    rows = connection.execute(select(DEVICE).order_by(DEVICE.c.asset)).all()

    def column(name: str, dtype: Any) -> Any:
        return np.array([getattr(row, name) for row in rows], dtype=dtype)

    return Kept(
        asset=column("asset", np.int64),
        low_kw=column("low_kw", np.float64),
        high_kw=column("high_kw", np.float64),
        expires=column("expires", np.int64),
        reason=tuple(row.reason for row in rows),
        reported_low_kw=column("reported_low_kw", np.float64),
        reported_high_kw=column("reported_high_kw", np.float64),
        reported_at=column("reported_at", np.int64),
        confirmed=column("confirmed", np.bool_),
    )


def note(connection: Connection, time: int, commands: Commands, acknowledged: B) -> None:
    """Remember what was told at `time`, and who confirmed it; forget what has grown old."""
    stale = (COMMAND.c.time == time) | (COMMAND.c.time < time - HISTORY_S)
    connection.execute(delete(COMMAND).where(stale))
    times = np.full(len(commands), time, dtype=np.int64)
    _add(connection, times, commands, acknowledged)


def note_corrections(connection: Connection, start: int, times: I, told: Commands) -> None:
    """Remember what was corrected in the slot from `start`, in place of what was known of it.

    Args:
        connection: a transaction under way.
        start: epoch seconds.
        times: (K,) when each was first told, within the slot but not at its start.
        told: what each came to at its tightest; devices have confirmed it.
    """
    within = (COMMAND.c.time > start) & (COMMAND.c.time < start + SLOT_S)
    connection.execute(delete(COMMAND).where(within))
    _add(connection, times, told, np.ones(len(told), dtype=np.bool_))


def _add(connection: Connection, times: I, commands: Commands, acknowledged: B) -> None:
    columns = (
        times,
        commands.asset,
        commands.low_kw,
        commands.high_kw,
        commands.expires,
        acknowledged,
    )
    rows = [
        {
            "time": time,
            "asset": asset,
            "low_kw": low,
            "high_kw": high,
            "expires": expires,
            "reason": reason,
            "author": commands.author.id,
            "acknowledged": known,
        }
        for (time, asset, low, high, expires, known), reason in zip(
            _rows(columns), commands.reason, strict=True
        )
    ]
    if rows:
        connection.execute(insert(COMMAND), rows)


def told(connection: Connection, asset: int, since: int) -> list[Any]:
    """Commands to one asset from `since` on, oldest first, as rows of the table."""
    found = select(COMMAND).where((COMMAND.c.asset == asset) & (COMMAND.c.time >= since))
    return list(connection.execute(found.order_by(COMMAND.c.time)).all())


def newest(connection: Connection, now: int) -> dict[int, Any]:
    """The plan's commands in force at `now` by asset, as rows of the table."""
    planned = (COMMAND.c.time <= now) & (COMMAND.c.time % SLOT_S == 0)
    last = select(COMMAND.c.time).where(planned).order_by(COMMAND.c.time.desc())
    time = connection.execute(last.limit(1)).scalar()
    if time is None:
        return {}
    rows = connection.execute(select(COMMAND).where(COMMAND.c.time == time)).all()
    return {row.asset: row for row in rows if row.expires > now}


def _rows(columns: Any) -> Any:
    listed = [c.tolist() if isinstance(c, np.ndarray) else c for c in columns]
    return zip(*listed, strict=True)
