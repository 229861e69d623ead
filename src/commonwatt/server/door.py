"""The server process of a running city: it opens the port it is given and shows the city."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from commonwatt.city.live.folder import StateFolder
from commonwatt.kernel.principal import Role
from commonwatt.platform.database import Database
from commonwatt.server.access import invite
from commonwatt.server.laboratory import Laboratory
from commonwatt.server.live import Live
from commonwatt.server.site import live_app

GRACE_S = 2


class _Server(uvicorn.Server):
    """Ends with its parent, and tells its streams before it stops, so that it need not wait."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._parent = os.getppid()

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop: also when whoever started this process is gone."""
        return await super().on_tick(counter) or os.getppid() != self._parent

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop."""
        self.config.app.state.closing = True  # type: ignore[union-attr]
        super().handle_exit(sig, frame)


def open_door(
    folder: StateFolder, listener: socket.socket, announce: Callable[[str], None]
) -> None:
    """Show the city of `folder` until told to stop.

    Args:
        folder: its state folder, begun before.
        listener: bound and listening, on the loopback interface.
        announce: told the operator's one-time link.
    """
    database = Database(folder.database_url)
    live = Live(folder, database)
    laboratory = Laboratory(database, folder.studies, folder.path / "city")
    app = live_app(live)
    app.state.laboratory = laboratory
    host, port = listener.getsockname()[:2]
    with database.write() as connection:
        token = invite(connection, Role.OPERATOR)
    announce(f"http://{host}:{port}/?token={token}")
    config = uvicorn.Config(
        app, log_level="warning", timeout_graceful_shutdown=GRACE_S, lifespan="off"
    )
    server = _Server(config)
    try:
        server.run(sockets=[listener])
    finally:
        laboratory.close()
        database.close()
