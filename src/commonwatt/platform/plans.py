"""The newest plans, as people read them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from commonwatt.platform.database.tables import PLAN

KEPT_S = 6 * 3600


def put(connection: Connection, time: int, body: str) -> None:
    """Keep the plan made at `time` (JSON), in place of another made then; drop those grown old."""
    stale = (PLAN.c.time == time) | (PLAN.c.time < time - KEPT_S)
    connection.execute(delete(PLAN).where(stale))
    connection.execute(insert(PLAN).values(time=time, body=body))


def newest(connection: Connection) -> str | None:
    """The newest plan, or None before there is one."""
    row = connection.execute(select(PLAN.c.body).order_by(PLAN.c.time.desc()).limit(1)).first()
    return None if row is None else str(row.body)
