"""The built page, and the reports of studies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, Response

from commonwatt.server.access import Operator
from commonwatt.server.live import Live, live_of

UNBUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>commonwatt</title>
<h1>The city runs; its page is not built</h1>
<p>Run <code>make web</code>, or install again with <code>pip install .</code>, then reload.
The interface is described at <a href="/openapi.json">/openapi.json</a>.</p></html>
"""
PLACES = (
    "/",
    "/overview",
    "/dispatch",
    "/sector/{name}",
    "/asset/{name:path}",
    "/alarms",
    "/forecasts",
    "/forecasts/{quantity}",
    "/studies",
    "/studies/{name}",
    "/home",
    "/home/{name:path}",
)
"""Addresses within the page: they all lead to its one document."""
_STUDY = re.compile(r"[a-z0-9-]+")


def router(static: Path) -> APIRouter:
    """Serves the page built into `static`, and reports."""
    pages = APIRouter(include_in_schema=False)

    def document() -> Response:
        index = static / "index.html"
        return FileResponse(index) if index.is_file() else HTMLResponse(UNBUILT)

    @pages.get("/studies/{study}/{name}")
    def report(
        study: str, name: str, live: Annotated[Live, Depends(live_of)], _who: Operator
    ) -> FileResponse:
        return FileResponse(_inside(live.folder.studies / study, name))

    for place in PLACES:
        pages.add_api_route(place, document, methods=["GET", "HEAD"])

    @pages.get("/{name:path}")
    def file(name: str) -> FileResponse:
        return FileResponse(_within(static, name))

    return pages


def _inside(folder: Path, name: str) -> Path:
    """The regular file `name` that lies directly in `folder`."""
    if _STUDY.fullmatch(folder.name) and folder.is_dir():
        for path in folder.iterdir():
            if path.name == name and path.is_file() and not path.is_symlink():
                return path
    raise HTTPException(404, f"there is no file {name!r}")


def _within(static: Path, name: str) -> Path:
    """The regular file `name` below `static`, whatever dots it holds."""
    path = (static / name).resolve()
    if name.startswith("api/") or not path.is_relative_to(static.resolve()) or not path.is_file():
        raise HTTPException(404, f"there is no {name!r} here")
    return path
