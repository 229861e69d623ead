"""The application of a running city: its API, its page, its reports."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.trustedhost import TrustedHostMiddleware

from commonwatt.server import page, problems
from commonwatt.server.app import HOSTS
from commonwatt.server.headers import Guarded
from commonwatt.server.live import Live
from commonwatt.server.views import (
    alarms,
    assets,
    city,
    dispatch,
    forecasts,
    home,
    now,
    reserve,
    sectors,
    session,
)
from commonwatt.server.views import studies as study_views

STATIC = Path(__file__).with_name("static")
ROUTERS = (
    session,
    city,
    now,
    sectors,
    assets,
    dispatch,
    reserve,
    alarms,
    forecasts,
    home,
    study_views,
)


def live_app(live: Live, static: Path = STATIC) -> FastAPI:
    """The application that shows `live`.

    Args:
        live: the running city.
        static: the built page.
    """
    app = FastAPI(
        title="commonwatt",
        version="1",
        description="A district's grid and what hangs off it. Drawn is positive, fed in negative.",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
        generate_unique_id_function=_name,
    )
    app.state.live = live
    app.state.closing = False
    problems.explain(app)
    for view in ROUTERS:
        app.include_router(view.router)
    app.include_router(page.router(static))
    app.add_middleware(Guarded)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))
    return app


def _name(route: APIRoute) -> str:
    return route.name
