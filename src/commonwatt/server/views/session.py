"""Coming in: health, the exchange of a link for a session, and who one is."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import BaseModel, Field

from commonwatt.server.access import COOKIE, Known, Meant, redeem
from commonwatt.server.live import Live, live_of

router = APIRouter(prefix="/api", tags=["session"])


class Health(BaseModel):
    """Whether the server answers."""

    status: Literal["ok"]


class Link(BaseModel):
    """What a printed link carries."""

    token: str = Field(max_length=200)


class Me(BaseModel):
    """Who asks."""

    role: Literal["operator", "resident"]
    id: str
    connection: str | None


@router.get("/health")
def read_health() -> Health:
    """Say that the server answers."""
    return Health(status="ok")


@router.post("/session", status_code=204, dependencies=[Meant])
def open_session(link: Link, response: Response, live: Annotated[Live, Depends(live_of)]) -> None:
    """Exchange the token of a printed link, once, for a session."""
    with live.database.write() as connection:
        session = redeem(connection, link.token)
    if session is None:
        raise HTTPException(
            401, "This link was used already or is too old; print a new one and open that."
        )
    response.set_cookie(COOKIE, session, httponly=True, samesite="strict", path="/")


@router.get("/me")
def read_me(known: Known) -> Me:
    """Tell who asks."""
    return Me(
        role="resident" if known.home is not None else "operator",
        id=known.warrant.principal.id,
        connection=known.home,
    )
