"""Serving on the loopback interface, on a port that is free."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn

from commonwatt.kernel.errors import InvalidInput
from commonwatt.server.app import report_app

LOOPBACK = "127.0.0.1"


def serve(folder: Path, port: int, announce: Callable[[str], None]) -> None:
    """Serve the report in `folder` until interrupted.

    Args:
        folder: what `commonwatt study --out` wrote.
        port: 0 for any free one.
        announce: told the address once the port is open.

    Raises:
        InvalidInput: there is no report in the folder, or the port is taken.
    """
    app = report_app(folder)
    with listening(port) as listener:
        announce(f"http://{LOOPBACK}:{listener.getsockname()[1]}/")
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
            uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


def listening(port: int) -> socket.socket:
    """A bound and listening socket on the loopback interface.

    Raises:
        InvalidInput: the port is taken or not ours to take.
    """
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as fault:
        raise InvalidInput(
            f"port {port} cannot be opened ({fault.strerror}); name another, or 0 for any free one"
        ) from fault
