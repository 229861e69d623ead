"""Who is at the door: one-time links, sessions, and what each may do.

A link carries a token that is good once; it is exchanged for a session, kept in a cookie no script
can read. Only hashes are stored, so that who reads the database cannot come in.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Annotated, Literal

from fastapi import Depends, Header, HTTPException, Request
from sqlalchemy import Connection, delete, insert, select

from commonwatt.kernel.errors import NotPermitted
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant
from commonwatt.platform.database.tables import SESSION, TOKEN
from commonwatt.server.live import Live, live_of

COOKIE = "commonwatt"
TOKEN_S = 7 * 86_400
"""How long an unused link is good."""


def invite(connection: Connection, role: Role, home: str | None = None) -> str:
    """A token for a one-time link, for an operator or for the resident of a connection."""
    token = secrets.token_urlsafe(24)
    connection.execute(
        insert(TOKEN).values(
            hash=_hash(token), role=str(role), connection=home, wall_created=int(time.time())
        )
    )
    return token


def redeem(connection: Connection, token: str) -> str | None:
    """The session that a token is good for, once; None where it is not, or no longer."""
    row = connection.execute(select(TOKEN).where(TOKEN.c.hash == _hash(token))).first()
    if row is None:
        return None
    connection.execute(delete(TOKEN).where(TOKEN.c.hash == row.hash))
    if row.wall_created < time.time() - TOKEN_S:
        return None
    session = secrets.token_urlsafe(32)
    connection.execute(
        insert(SESSION).values(
            hash=_hash(session),
            role=row.role,
            connection=row.connection,
            name=f"resident of {row.connection}" if row.connection else str(row.role),
            wall_created=int(time.time()),
        )
    )
    return session


def leave(connection: Connection, session: str) -> None:
    """End a session."""
    connection.execute(delete(SESSION).where(SESSION.c.hash == _hash(session)))


class Caller:
    """Somebody with a session.

    Attributes:
        warrant: who, and for what: operators to operate, residents for what is their own.
        home: id of a resident's connection, None for others.
    """

    def __init__(self, warrant: Warrant, home: str | None) -> None:
        self.warrant = warrant
        self.home = home


def caller(request: Request, live: Annotated[Live, Depends(live_of)]) -> Caller:
    """Whoever asks, by the cookie.

    Raises:
        HTTPException: 401 where there is no session.
    """
    cookie = request.cookies.get(COOKIE)
    row = None
    if cookie:
        with live.database.read() as connection:
            row = connection.execute(select(SESSION).where(SESSION.c.hash == _hash(cookie))).first()
    if row is None:
        raise HTTPException(401, "You are not signed in: open the link that was printed.")
    role = Role(row.role)
    owns = frozenset({live.census.connection(row.connection)}) if row.connection else frozenset()
    purpose = Purpose.OWN if role is Role.RESIDENT else Purpose.OPERATE
    return Caller(Warrant(Principal(row.name, role, owns), purpose), row.connection)


def operator(known: Annotated[Caller, Depends(caller)]) -> Caller:
    """Whoever asks, if that is an operator.

    Raises:
        NotPermitted: it is somebody else.
    """
    if known.warrant.purpose is not Purpose.OPERATE:
        raise NotPermitted("Only an operator sees the whole city; your own home is yours to see.")
    return known


def meant(
    x_commonwatt: Annotated[
        Literal["1"] | None, Header(description="Says that our own page asks.")
    ] = None,
) -> None:
    """Refuse what another site's form could have sent.

    Raises:
        HTTPException: 403 without the header.
    """
    if x_commonwatt != "1":
        raise HTTPException(403, "Send the header X-Commonwatt: 1 with whatever changes something.")


Known = Annotated[Caller, Depends(caller)]
Operator = Annotated[Caller, Depends(operator)]
Meant = Depends(meant)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
