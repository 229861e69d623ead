"""A report folder over HTTP: read-only, on this machine alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from commonwatt.kernel.errors import InvalidInput

REPORT = "report.html"
HOSTS = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""The page needs nothing but itself, so the browser is told to fetch nothing else."""


def report_app(folder: Path) -> FastAPI:
    """The application that serves `folder`, one flat directory of a study's output.

    Only regular files that lie directly in the folder are served; requests must name this machine
    (a foreign page cannot reach it by rebinding its own name to 127.0.0.1).

    Args:
        folder: what `commonwatt study --out` wrote.

    Raises:
        InvalidInput: there is no report in the folder.
    """
    if not (folder / REPORT).is_file():
        raise InvalidInput(
            f"{folder} holds no {REPORT}; name a folder that `commonwatt study --out` wrote"
        )
    app = FastAPI(title="commonwatt report", openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))

    @app.middleware("http")
    async def guard(
        request: Request, following: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await following(request)
        response.headers.update(HEADERS)
        return response

    @app.api_route("/", methods=["GET", "HEAD"])
    def report() -> FileResponse:
        return FileResponse(folder / REPORT)

    @app.api_route("/{name}", methods=["GET", "HEAD"])
    def file(name: str) -> FileResponse:
        return FileResponse(_served(folder, name))

    return app


def _served(folder: Path, name: str) -> Path:
    for path in folder.iterdir():
        if path.name == name and path.is_file() and not path.is_symlink():
            return path
    raise HTTPException(status_code=404, detail=f"this report has no file {name!r}")
