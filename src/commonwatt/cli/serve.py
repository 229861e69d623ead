"""`commonwatt serve`: look at a report in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commonwatt.cli.console import OUT
from commonwatt.server import loopback


def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="What [bold]study --out[/bold] wrote.")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 0,
) -> None:
    """Serve a report on this machine, read-only, and print its address. Ctrl-C stops."""
    loopback.serve(folder, port, lambda address: OUT.print(f"Report: {address}  (Ctrl-C stops)"))
