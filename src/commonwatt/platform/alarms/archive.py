"""The alarm list in the database: the same occurrences, and who took note of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select

from commonwatt.platform.alarms.alarm import Alarm, Condition, Priority
from commonwatt.platform.database.tables import ACKNOWLEDGEMENT, ALARM
from commonwatt.platform.milestones import NOTES, reached


def save(connection: Connection, alarms: Sequence[Alarm]) -> None:
    """Put down these occurrences, in place of what was known of them."""
    for alarm in alarms:
        same = (ALARM.c.key == alarm.key) & (ALARM.c.raised == alarm.raised)
        connection.execute(delete(ALARM).where(same))
        row = asdict(alarm) | {"priority": int(alarm.priority), "condition": str(alarm.condition)}
        connection.execute(insert(ALARM).values(**row))


def load(connection: Connection, limit: int | None = None) -> list[Alarm]:
    """Every occurrence, or the newest `limit`, in the order of its beginning.

    What somebody has taken note of counts as such, even before the brain has heard of it.
    """
    rows = connection.execute(
        select(ALARM).order_by(ALARM.c.raised.desc(), ALARM.c.id.desc()).limit(limit)
    ).all()
    unheard = ACKNOWLEDGEMENT.c.id > (reached(connection, NOTES) or 0)
    fresh = connection.execute(select(ACKNOWLEDGEMENT).where(unheard)).all()
    noted = {(n.key, n.raised): n for n in fresh}
    found = []
    for row in reversed(rows):
        note = noted.get((row.key, row.raised)) if row.acknowledged is None else None
        found.append(
            Alarm(
                key=row.key,
                priority=Priority(row.priority),
                cause=row.cause,
                consequence=row.consequence,
                action=row.action,
                raised=row.raised,
                seen=row.seen,
                times=row.times,
                condition=Condition(row.condition),
                cleared=row.cleared,
                acknowledged=row.acknowledged if note is None else note.time,
                by=row.by if note is None else note.by,
            )
        )
    return found


def note(connection: Connection, alarm: Alarm, time: int, by: str) -> None:
    """Put down that `by` took note of an occurrence; the brain hears of it."""
    connection.execute(
        insert(ACKNOWLEDGEMENT).values(key=alarm.key, raised=alarm.raised, time=time, by=by)
    )


def notes(connection: Connection, after: int) -> list[tuple[int, str, int, int, str]]:
    """(id, key, raised, time, by) of notes beyond the id `after`, in order."""
    rows = connection.execute(
        select(ACKNOWLEDGEMENT).where(ACKNOWLEDGEMENT.c.id > after).order_by(ACKNOWLEDGEMENT.c.id)
    ).all()
    return [(row.id, row.key, row.raised, row.time, row.by) for row in rows]
