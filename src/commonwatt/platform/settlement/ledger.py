"""The journal that lasts: each day posted once, in one transaction, one line per home and item.

The lines of a day are the exact sums of the journal of its quarter hours, which anybody can work
out again from the registers; days whose reads were not final are not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.principal import Purpose, Warrant
from commonwatt.kernel.readings import Quality
from commonwatt.platform.access import require_reach
from commonwatt.platform.database.tables import POSTING, SETTLED
from commonwatt.platform.settlement.journal import Item, Journal
from commonwatt.platform.settlement.reads import Reads
from commonwatt.platform.settlement.settle import settle
from commonwatt.platform.settlement.tariff import Tariff


@dataclass(frozen=True)
class HomeDay:
    """What one connection used and owes for one settled day; money in ticks of 10⁻⁵ ct."""

    day: str
    import_wh: int
    export_wh: int
    ticks: int


def post(
    connection: Connection, day: str, reads: Reads, tariff: Tariff, *, at: int, warrant: Warrant
) -> int:
    """Settle one local day and put it into the journal; how many lines.

    Args:
        connection: of a transaction that also notes whatever hangs on the day.
        day: "2016-06-13".
        reads: final reads of that day.
        tariff: what energy costs.
        at: city time of settling.
        warrant: for settling.

    Raises:
        InvalidInput: the day is settled already, or a read was not validated.
    """
    if is_settled(connection, day):
        raise InvalidInput(f"{day} is settled already; a day is settled once")
    lines = daily(day, settle(Journal(), reads, tariff, warrant))
    guessed = reads.quality == Quality.ESTIMATED
    connection.execute(
        insert(SETTLED).values(
            day=day,
            start=reads.window.start,
            end=reads.window.end,
            at=at,
            estimated_wh=int((reads.import_wh + reads.export_wh)[guessed].sum()),
        )
    )
    if lines:
        connection.execute(insert(POSTING), lines)
    return len(lines)


def daily(day: str, journal: Journal) -> list[dict[str, Any]]:
    """The rows of one day: sums of `journal` by connection, item and band, exact."""
    e = journal.entries
    key = np.stack([e.connection, e.item, e.band])
    groups, place = np.unique(key, axis=1, return_inverse=True)
    ticks, wh = np.zeros((2, groups.shape[1]), dtype=np.int64)
    np.add.at(ticks, place.ravel(), e.ticks)
    np.add.at(wh, place.ravel(), e.wh)
    rows = []
    for (home, item, band), amount, energy in zip(
        groups.T.tolist(), ticks.tolist(), wh.tolist(), strict=True
    ):
        debit, credit = Item(item).accounts(home)
        rows.append(
            {
                "day": day,
                "connection": home,
                "item": item,
                "band": journal.bands[band] if band >= 0 else "",
                "debit": debit,
                "credit": credit,
                "ticks": amount,
                "wh": energy,
            }
        )
    return rows


def is_settled(connection: Connection, day: str) -> bool:
    """Whether a day is settled."""
    return connection.execute(select(SETTLED.c.day).where(SETTLED.c.day == day)).first() is not None


def settled_until(connection: Connection) -> int | None:
    """The end of the last settled day, epoch seconds; None before there is one."""
    newest = select(SETTLED.c.end).order_by(SETTLED.c.end.desc()).limit(1)
    found = connection.execute(newest).scalar()
    return None if found is None else int(found)


def days(connection: Connection, home: int, warrant: Warrant) -> list[HomeDay]:
    """What one connection used and owes on every settled day, oldest first."""
    warrant.require(Purpose.OPERATE, Purpose.SETTLE, Purpose.OWN)
    require_reach(warrant, np.array([home]))
    rows = connection.execute(
        select(POSTING).where(POSTING.c.connection == home).order_by(POSTING.c.day)
    ).all()
    found: dict[str, HomeDay] = {}
    for row in rows:
        item, so_far = Item(row.item), found.get(row.day, HomeDay(row.day, 0, 0, 0))
        found[row.day] = HomeDay(
            row.day,
            so_far.import_wh + (row.wh if item is Item.IMPORT else 0),
            so_far.export_wh + (row.wh if item is Item.EXPORT else 0),
            so_far.ticks + item.sign * row.ticks,
        )
    return list(found.values())
