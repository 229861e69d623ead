"""The present of the whole city, its stream, and how fast time passes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from commonwatt.city.live.wishes import SPEED, wish
from commonwatt.server.access import Meant, Operator
from commonwatt.server.live import Live, live_of
from commonwatt.server.stream import events
from commonwatt.server.views.shapes import Alarm, SectorNow
from commonwatt.server.views.studies import told

router = APIRouter(prefix="/api", tags=["now"])
MOST_EVENTS = (1 << 63) - 1


class Limit(BaseModel):
    """A limit of the wires: 1 is at the limit."""

    id: str
    name: str
    kind: Literal["transformer", "line", "voltage"]
    loading: float | None
    worst_ahead: float | None = Field(description="Highest within the plan.")
    at: str | None = Field(description="When that is.")
    alone_ahead: float | None = Field(
        description="Highest if nobody were asked anything from now on."
    )
    alone_at: str | None = Field(description="When that would be.")


class HeldBack(BaseModel):
    """A device that its feeder's own correction holds back now; feeding in is negative."""

    asset: str
    sector: str
    to_kw: float
    of_kw: float
    limit: str = Field(description="What was measured at its limit.")
    since: str


class Corrections(BaseModel):
    """What feeders take back between plans, by what is measured."""

    every_s: int = Field(description="Seconds of city time between looks, at the speed asked for.")
    held: int
    kw: float = Field(description="What all who are held may not do now.")
    most: list[HeldBack] = Field(description="Those held back most.")


class Branches(BaseModel):
    """Loading of transformers and lines."""

    ids: list[str]
    loading: list[float | None]


class Connections(BaseModel):
    """Power and voltage of metered points."""

    ids: list[str]
    kw: list[float | None]
    volts_pu: list[float | None]


class Assets(BaseModel):
    """Power of devices."""

    ids: list[str]
    kw: list[float | None]


class Now(BaseModel):
    """How things stand; `event` is the newest event of the stream that is included."""

    event: int
    time: str
    mode: Literal["twin", "live", "replay"]
    speed: float
    speed_now: float
    lag_s: float
    behind: bool
    plan_status: Literal["optimal", "last", "local", "none"]
    plan_cause: str
    source_kw: float | None
    losses_kw: float | None
    voltage_low_pu: float | None
    voltage_high_pu: float | None
    sectors: list[SectorNow]
    limits: list[Limit]
    corrections: Corrections
    branches: Branches
    connections: Connections
    assets: Assets
    alarms: list[Alarm]


class Speed(BaseModel):
    """City seconds per second."""

    factor: float = Field(ge=1, le=600)


@router.get("/now")
def read_now(live: Annotated[Live, Depends(live_of)], _who: Operator) -> Now:
    """Tell how things stand."""
    return Now.model_validate(live.present())


@router.post("/speed", dependencies=[Meant])
def set_speed(speed: Speed, live: Annotated[Live, Depends(live_of)], _who: Operator) -> Speed:
    """Ask for another speed; the loop follows within a second."""
    with live.database.write() as connection:
        wish(connection, SPEED, speed.factor)
    return speed


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `snapshot`, `delta`, `alarm`, `reserve`, `study` and `ping`.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
def read_stream(
    request: Request,
    live: Annotated[Live, Depends(live_of)],
    _who: Operator,
    after: Annotated[int | None, Query(ge=0, le=MOST_EVENTS)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Follow what happens; `Last-Event-ID` or `after` goes on behind an event already seen."""
    seen = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
    if seen is not None and seen > MOST_EVENTS:
        seen = None
    state: Any = request.app.state
    stream = events(
        live.database, seen, lambda: told(live), lambda: bool(getattr(state, "closing", False))
    )
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
