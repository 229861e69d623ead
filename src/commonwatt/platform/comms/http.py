"""Numbered messages by HTTP: a POST to each party, its response the answer.

A party is known by its address and shows that it knows us by nothing but the token it is given: it
refuses everybody who does not bear it. Addresses should be `https`; whoever gives an `http` one
answers for the network in between.
"""

from __future__ import annotations

import hmac
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Annotated, Self
from urllib.parse import urlsplit

from fastapi import FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from commonwatt.kernel.errors import InvalidInput

LARGEST = 1 << 20
"""Bytes of a message; what is longer is refused."""
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a party listens.

    Attributes:
        url: to which messages are posted.
        token: which it wants to see.
    """

    url: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what could not be spoken to, or not in secret.

        Raises:
            InvalidInput: no HTTP address, or no token.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = f"{self.url!r} is no address; give one like https://home.example/ask"
            raise InvalidInput(msg)
        if not self.token:
            msg = f"{self.url} has no token; every party needs one"
            raise InvalidInput(msg)


class HttpChannel:
    """Posts to all parties at once, a thread each, so that none waits for a slow one.

    Use it in a `with` block.

    Args:
        parties: by name.
        within_s: after how long a post is given up, whether or not anybody still waits for it.
    """

    def __init__(self, parties: Mapping[str, Address], within_s: float = 30.0) -> None:
        self._parties, self._within_s = dict(parties), within_s
        self._posts = ThreadPoolExecutor(max(1, len(parties)), thread_name_prefix="post")
        self._number = ""
        self._waiting: dict[str, Future[bytes | None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._posts.shutdown(wait=False, cancel_futures=True)

    def send(self, number: str, bodies: dict[str, bytes]) -> None:
        """Post message `number` to each party named; does not wait.

        Raises:
            InvalidInput: a party has no address.
        """
        if unknown := bodies.keys() - self._parties.keys():
            msg = f"there is no address of {min(unknown)}"
            raise InvalidInput(msg)
        for late in self._waiting.values():
            late.cancel()
        self._number = number
        self._waiting = {
            name: self._posts.submit(_posted, self._parties[name], body, self._within_s)
            for name, body in bodies.items()
        }

    def collect(self, number: str, within_s: float) -> dict[str, bytes]:
        """Answers to `number`, the message sent last; who is missing gave none in that time."""
        if number != self._number:
            return {}
        wait(self._waiting.values(), timeout=within_s)
        found = {name: post.result() for name, post in self._waiting.items() if post.done()}
        return {name: answer for name, answer in found.items() if answer is not None}


def _posted(to: Address, body: bytes, within_s: float) -> bytes | None:
    """What a party answers; None where it refuses, fails or takes too long."""
    until = time.monotonic() + within_s
    parts = urlsplit(to.url)
    host = str(parts.hostname)
    connection = (
        HTTPSConnection(host, parts.port, timeout=within_s, context=ssl.create_default_context())
        if parts.scheme == "https"
        else HTTPConnection(host, parts.port, timeout=within_s)
    )
    head = {"Authorization": f"Bearer {to.token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", parts.path or "/", body, head)
        response = connection.getresponse()
        return _read(response, until) if response.status == 200 else None
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def _read(response: HTTPResponse, until: float) -> bytes | None:
    """The body, if it is no longer than it may be and comes in time."""
    found = b""
    while chunk := response.read1(_CHUNK):
        found += chunk
        if len(found) > LARGEST or time.monotonic() > until:
            return None
    return found


def answering(reply: Callable[[bytes], bytes], token: str, path: str = "/ask") -> FastAPI:
    """A party's side: answers messages posted to `path` by whoever bears `token`.

    Args:
        reply: the answer to a message; `InvalidInput` refuses it.
        token: never empty.
        path: where to post.

    Raises:
        InvalidInput: there is no token.
    """
    if not token:
        msg = "a party without a token would answer anybody; give it one"
        raise InvalidInput(msg)
    wanted = f"Bearer {token}".encode()
    app = FastAPI(title="A party to commonwatt", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post(path)
    async def asked(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
        if not hmac.compare_digest(authorization.encode(), wanted):
            return Response(status_code=401)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return Response(status_code=413)
        try:
            answer = await run_in_threadpool(reply, body)
        except InvalidInput as why:
            return Response(str(why), status_code=422)
        return Response(answer, media_type="application/json")

    return app
