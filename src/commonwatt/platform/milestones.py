"""How far the loop has come, in the transaction that took it there."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from commonwatt.platform.database.tables import MILESTONE

LOOP = "loop"
"""The slot whose decision is committed."""
BEGAN = "began"
"""City time at which the life on show began."""
NOTES = "notes"
"""The newest acknowledgement the alarm list includes: its id, not a time."""


def reach(connection: Connection, name: str, time: int) -> None:
    """Note that `name` has come to city time `time`."""
    connection.execute(delete(MILESTONE).where(MILESTONE.c.name == name))
    connection.execute(insert(MILESTONE).values(name=name, time=time))


def reached(connection: Connection, name: str) -> int | None:
    """How far `name` has come; None where it has not begun."""
    found = connection.execute(select(MILESTONE.c.time).where(MILESTONE.c.name == name)).scalar()
    return None if found is None else int(found)
