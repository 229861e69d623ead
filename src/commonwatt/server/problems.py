"""Errors over HTTP: one sentence each, under the status it deserves."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from commonwatt.kernel.errors import CommonwattError, NotFound, NotPermitted, StorageFailed

_STATUS: tuple[tuple[type[CommonwattError], int], ...] = (
    (NotFound, 404),
    (NotPermitted, 403),
    (StorageFailed, 503),
    (CommonwattError, 422),
)


class Problem(BaseModel):
    """What was wrong, in one sentence."""

    detail: str


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in (
        (401, "Not signed in"),
        (403, "Not yours to see or do"),
        (404, "There is no such thing"),
        (422, "That cannot be used"),
        (503, "Not ready yet"),
    )
}


def explain(app: FastAPI) -> None:
    """Teach `app` to answer every refusal with a sentence."""

    @app.exception_handler(CommonwattError)
    def refused(_request: Request, error: CommonwattError) -> JSONResponse:
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        return JSONResponse({"detail": str(error)}, status)

    @app.exception_handler(RequestValidationError)
    def unusable(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse({"detail": f"{where}: {first['msg']}"}, 422)
