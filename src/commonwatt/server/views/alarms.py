"""Alarms: what stands, what was, and that somebody took note."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from commonwatt.city.live.present import alarm_document
from commonwatt.kernel.errors import NotFound
from commonwatt.platform.alarms import Alarm as Occurrence
from commonwatt.platform.alarms import archive
from commonwatt.server.access import Meant, Operator
from commonwatt.server.live import Live, live_of
from commonwatt.server.views.shapes import Alarm

router = APIRouter(prefix="/api/alarms", tags=["alarms"])
RATE_S = 600
TOP = 10


class Key(BaseModel):
    """Which alarm."""

    key: str = Field(max_length=300)


class Often(BaseModel):
    """How often one alarm was raised."""

    key: str
    count: int


class AlarmStats(BaseModel):
    """How the alarm list itself fares: IEC 62682 counts alarms per 10 minutes of operation."""

    per_10_min: float
    standing: int
    unacknowledged: int
    top: list[Often]


@router.get("")
def list_alarms(
    live: Annotated[Live, Depends(live_of)],
    _who: Operator,
    state: Literal["standing", "all"] = "standing",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[Alarm]:
    """List what stands, most urgent first, or everything there was, newest first."""
    found = _all(live)
    if state == "standing":
        found = sorted((a for a in found if a.standing), key=_urgency)
    else:
        found = found[::-1]
    return [_shown(alarm) for alarm in found[:limit]]


@router.get("/stats")
def read_alarm_stats(live: Annotated[Live, Depends(live_of)], _who: Operator) -> AlarmStats:
    """Tell how many alarms there are, and which come too often."""
    found = _all(live)
    lived = max(live.now() - live.setting.start, RATE_S)
    often = Counter[str]()
    for alarm in found:
        often[alarm.key] += alarm.times
    return AlarmStats(
        per_10_min=round(len(found) / (lived / RATE_S), 3),
        standing=sum(a.standing for a in found),
        unacknowledged=sum(a.acknowledged is None for a in found if a.standing),
        top=[Often(key=key, count=count) for key, count in often.most_common(TOP)],
    )


@router.post("/ack", dependencies=[Meant])
def acknowledge_alarm(which: Key, live: Annotated[Live, Depends(live_of)], who: Operator) -> Alarm:
    """Note that an operator has seen the alarm that stands under a key."""
    standing = [a for a in _all(live) if a.key == which.key and a.standing]
    if not standing:
        raise NotFound(f"no alarm {which.key!r} stands")
    if standing[-1].acknowledged is None:
        with live.database.write() as connection:
            archive.note(connection, standing[-1], live.now(), who.warrant.principal.id)
        standing = [a for a in _all(live) if a.key == which.key]
    return _shown(standing[-1])


def _all(live: Live) -> list[Occurrence]:
    with live.database.read() as connection:
        return archive.load(connection)


def _urgency(alarm: Occurrence) -> tuple[int, int, str]:
    return -alarm.priority, alarm.raised, alarm.key


def _shown(alarm: Occurrence) -> Alarm:
    return Alarm(**alarm_document(alarm))
