"""Settle and account: a day's bills once its reads are final, sectors' measures by the hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import delete, insert

from commonwatt.city.live.census import Census
from commonwatt.city.reads import read
from commonwatt.city.view import LiveView
from commonwatt.kernel.intervals import SLOT_S, Window, epoch
from commonwatt.kernel.principal import Purpose, system
from commonwatt.platform.database import Database
from commonwatt.platform.database.tables import MEASURE
from commonwatt.platform.settlement import Tariff, ledger

SETTLE = system("loop.settle", Purpose.SETTLE)
FINAL_S = 8 * SLOT_S
"""After the end of a day late readings still come in for so long; then its reads are final."""


def settle(census: Census, database: Database, view: LiveView, begun: int) -> list[str]:
    """Settle every whole local day since `begun` whose reads are final at `view.now`, oldest first.

    A day and its lines are one transaction, and the day is its key: whenever the process dies, the
    day is settled wholly or not at all, and never again.

    Returns:
        The days settled now.
    """
    tariff = Tariff(zone=census.city.place.zone)
    with database.read() as connection:
        since = ledger.settled_until(connection) or begun
    done = []
    for day, window in whole_days(census.city.place.zone, since, view.now - FINAL_S):
        with database.write() as connection:
            reads = read(view, window)
            ledger.post(connection, day, reads, tariff, at=view.now, warrant=SETTLE)
        done.append(day)
    return done


def account(census: Census, database: Database, view: LiveView) -> None:
    """Work out every sector's measures of today so far, in place of the last time's."""
    zone = census.city.place.zone
    today = local_date(view.now - 1, zone)
    midnight = day_start(today, zone)
    slots = (view.now - midnight) // SLOT_S
    if slots < 1:
        return
    window = Window.uniform(midnight, slots)
    rows = [
        {
            "day": today.isoformat(),
            "sector": sector.name,
            "area": area,
            "measure": measure,
            "unit": unit,
            "value": value if np.isfinite(value) else None,
            "share_of": share if np.isfinite(share) else None,
        }
        for sector in census.sectors
        for area, measure, unit, value, share in sector.measured.measures(view, window).rows
    ]
    with database.write() as connection:
        connection.execute(delete(MEASURE).where(MEASURE.c.day == today.isoformat()))
        if rows:
            connection.execute(insert(MEASURE), rows)


def whole_days(zone: str, since: int, until: int) -> Iterator[tuple[str, Window]]:
    """Every local day that lies wholly in [since, until), with its quarter hours."""
    day = local_date(since, zone)
    if day_start(day, zone) < since:
        day += timedelta(days=1)
    while (end := day_start(day + timedelta(days=1), zone)) <= until:
        start = day_start(day, zone)
        yield day.isoformat(), Window.uniform(start, (end - start) // SLOT_S)
        day += timedelta(days=1)


def local_date(moment: int, zone: str) -> date:
    """The civil day of a moment."""
    return datetime.fromtimestamp(moment, tz=ZoneInfo(zone)).date()


def day_start(day: date, zone: str) -> int:
    """When a civil day begins, epoch seconds."""
    return epoch(datetime.combine(day, time(), tzinfo=ZoneInfo(zone)))
