"""Reserve: what the plan keeps ready, and the operator's call of it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, StringConstraints

from commonwatt.city.live.answers import local_text
from commonwatt.city.live.present import moment_text, number
from commonwatt.kernel.errors import InvalidInput, NotFound
from commonwatt.platform import calls
from commonwatt.server.access import Meant, Operator
from commonwatt.server.live import Live, live_of

router = APIRouter(prefix="/api/dispatch/reserve", tags=["dispatch"])
MOST_KW = 1e6
_ROUNDED_KW = 0.05
_WHICH = {"up": "less drawn or more fed in", "down": "more drawn"}
Side = Literal["up", "down"]


class Ready(BaseModel):
    """What the newest plan keeps ready in the next quarter hour, which a call now would reach."""

    time: str
    up_kw: float = Field(description="As less drawn or more fed in.")
    down_kw: float = Field(description="As more drawn.")
    hours: float = Field(description="How long it lasts once called.")


class Given(BaseModel):
    """What the slot that starts at `time` gave."""

    time: str
    kw: float


class Call(BaseModel):
    """A call, and what each slot that heard it gave of it; `kw` and given count in its `side`."""

    number: int
    side: Side
    kw: float
    since: str
    until: str = Field(description="Expected, until a slot has heard it.")
    ended: str | None = Field(description="Null where nobody ended it.")
    author: str
    note: str
    given: list[Given]


class ReserveNow(BaseModel):
    """What is kept, what is called, and what that comes to in one sentence."""

    ready: Ready | None = Field(description="Null where the plan keeps none.")
    call: Call | None = Field(description="Null where nothing is called.")
    sentence: str


class Calling(BaseModel):
    """A call as asked for, in city minutes, and why."""

    side: Side
    kw: float = Field(gt=0, le=MOST_KW)
    minutes: int = Field(ge=1, le=1440)
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


@router.get("")
def read_reserve(live: Annotated[Live, Depends(live_of)], _who: Operator) -> ReserveNow:
    """Tell what is kept ready and what is called."""
    with live.database.read() as connection:
        standing = calls.standing(connection, live.now())
    return _now(live, standing)


@router.post("/call", dependencies=[Meant])
def put_call(wanted: Calling, live: Annotated[Live, Depends(live_of)], who: Operator) -> ReserveNow:
    """Call reserve in place of a call there is; its minutes count from the slot that hears it."""
    asked = live.census.city.reserve
    if not (asked.up_kw if wanted.side == "up" else asked.down_kw):
        raise InvalidInput(
            f"this district keeps nothing ready as {_WHICH[wanted.side]}: ask for "
            f"{wanted.side}_kw under [reserve] in its city file"
        )
    with live.database.write() as connection:
        put = calls.put(
            connection,
            wanted.kw if wanted.side == "up" else -wanted.kw,
            (live.now(), 60 * wanted.minutes),
            author=who.warrant.principal.id,
            note=wanted.note,
        )
    return _now(live, put)


@router.delete("/call", status_code=204, dependencies=[Meant])
def end_call(live: Annotated[Live, Depends(live_of)], _who: Operator) -> None:
    """End the call before it lapses; the next slot gives nothing of it any more."""
    with live.database.write() as connection:
        if not calls.end(connection, live.now()):
            raise NotFound("no reserve is called now")


@router.get("/calls")
def list_calls(
    live: Annotated[Live, Depends(live_of)],
    _who: Operator,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[Call]:
    """List the calls there were, newest first, with what each slot gave."""
    with live.database.read() as connection:
        found = calls.newest(connection, limit)
    return [_shown(call) for call in found]


def _now(live: Live, standing: calls.Call | None) -> ReserveNow:
    ready = _ready(live)
    return ReserveNow(
        ready=ready,
        call=None if standing is None else _shown(standing),
        sentence=_sentence(standing, ready, live.census.city.place.zone),
    )


def _ready(live: Live) -> Ready | None:
    plan = live.plan()
    kept = None if plan is None else plan.get("reserve")
    if plan is None or kept is None or len(plan["times"]) < 2:
        return None
    return Ready(
        time=plan["times"][1],
        up_kw=kept["up_kw"][1],
        down_kw=kept["down_kw"][1],
        hours=kept["hours"],
    )


def _sentence(call: calls.Call | None, ready: Ready | None, zone: str) -> str:
    if call is None:
        return "Nothing is called."
    side = _side(call)
    asked = f"{abs(call.kw):.1f} kW {_WHICH[side]}"
    until = f"until {local_text(call.until, zone)}"
    if call.given:
        return f"{abs(call.given[-1].kw):.1f} of {asked} is given {until}."
    kept = 0.0 if ready is None else (ready.up_kw if side == "up" else ready.down_kw)
    said = f"{asked} is called {until}, from the next quarter hour on"
    if kept < abs(call.kw) - _ROUNDED_KW:
        return f"{said}; {kept:.1f} kW of it is kept by the newest plan, and no more will be given."
    return f"{said}; the newest plan keeps that."


def _side(call: calls.Call) -> Side:
    return "up" if call.kw > 0 else "down"


def _shown(call: calls.Call) -> Call:
    return Call(
        number=call.id,
        side=_side(call),
        kw=abs(call.kw),
        since=str(moment_text(call.since)),
        until=str(moment_text(call.until)),
        ended=moment_text(call.ended),
        author=call.author,
        note=call.note,
        given=[
            Given(time=str(moment_text(slot.time)), kw=number(abs(slot.kw)) or 0.0)
            for slot in call.given
        ],
    )
