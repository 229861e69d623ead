"""Why every asset was asked what it was: a sentence each, slot by slot, kept for a week.

The sentences of a slot are alike, so they are kept together and deflated: a tenth of their size.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from commonwatt.kernel.intervals import DAY_S, SLOT_S
from commonwatt.platform.database.tables import DECISION

KEPT_S = 7 * DAY_S


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What one plan decided.

    Attributes:
        time: the slot it governs starts here, epoch seconds.
        status: of the plan: "optimal", "last" or "local".
        why: a sentence by asset index; assets that it did not ask are missing.
    """

    time: int
    status: str
    why: Mapping[int, str]


def put(connection: Connection, decision: Decision) -> None:
    """Keep a decision, in place of another for that slot; forget what has grown old."""
    now = decision.time
    stale = (DECISION.c.time == now) | (DECISION.c.time < now - KEPT_S)
    connection.execute(delete(DECISION).where(stale))
    text = json.dumps(dict(decision.why), ensure_ascii=False, separators=(",", ":"))
    body = zlib.compress(text.encode())
    connection.execute(insert(DECISION).values(time=now, status=decision.status, body=body))


def governing(connection: Connection, moment: int) -> Decision | None:
    """The decision in force at `moment`; None if none was."""
    here = (DECISION.c.time <= moment) & (DECISION.c.time > moment - SLOT_S)
    row = connection.execute(
        select(DECISION).where(here).order_by(DECISION.c.time.desc()).limit(1)
    ).first()
    if row is None:
        return None
    kept = json.loads(zlib.decompress(row.body))
    return Decision(
        time=row.time, status=row.status, why={int(asset): why for asset, why in kept.items()}
    )


def span(connection: Connection) -> tuple[int, int] | None:
    """Start of the oldest and of the newest slot that was decided; None before there is one."""
    times = select(func.min(DECISION.c.time), func.max(DECISION.c.time))
    first, last = connection.execute(times).one()
    return None if first is None else (first, last)
