"""`commonwatt up`: run a district before your eyes."""

from __future__ import annotations

import os
import signal
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.markup import escape

from commonwatt.city.live.folder import StateFolder
from commonwatt.city.live.life import Life
from commonwatt.city.live.setting import Setting
from commonwatt.city.live.wishes import SPEED as SPEED_WISH
from commonwatt.city.live.wishes import wish
from commonwatt.cli.console import ERR, OUT
from commonwatt.cli.supervisor import Part, Supervisor
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, epoch
from commonwatt.kernel.principal import Role
from commonwatt.platform.database import Database
from commonwatt.server import loopback
from commonwatt.server.access import invite
from commonwatt.server.door import open_door
from commonwatt.server.live import Live

START = datetime(2016, 3, 7, 14, tzinfo=UTC)
"""A cool afternoon with some sun: cars come home and heat pumps start within the first minutes."""
SPEED = 60.0
HOMES = 300
DEMO = "pv=0.6,ev=0.7,heat_pump=0.6"
"""A district some years on: its wires are as they were, and left alone its evenings break them."""
PORT = 8765
LOCK_S = 5.0
"""How long a lock may be held by processes that are about to end."""
NAP_S = 0.05

State = Annotated[Path, typer.Option(metavar="DIR", help="Where the state of the city lies.")]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was asked for on the command line; `named` says that a city was."""

    city: str
    named: bool
    overlay: str
    seed: int
    start: int
    speed: float | None


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """Ends the loop between two slots."""


def up(
    city: Annotated[
        str,
        typer.Argument(
            metavar="CITY",
            help="A city folder, a pandapower .json, [bold]simbench:CODE[/bold] or "
            "[bold]generate:HOMES:SEED[/bold].",
            show_default=False,
        ),
    ] = "",
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Simulate the field, in a generated district.")
    ] = False,
    homes: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Of the demo's district.", show_default="300"),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the demo's district and luck.")] = 7,
    overlay: Annotated[
        str, typer.Option(metavar="ev=0.5,hp=0.4", help="Give homes more.", show_default=False)
    ] = "",
    start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="City time, UTC.", show_default=False
        ),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(min=1, max=600, help="City seconds per second.", show_default="60"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = PORT,
    state: State = Path("out/up"),
) -> None:
    """Run a district: measure, foresee, plan, act, settle, and show it in the browser.

    Stops on Ctrl-C; the same command goes on where it stopped.
    """
    if not (demo or city):
        raise InvalidInput("name a city, or add --demo for a generated district")
    wanted = Wanted(
        city=city or f"generate:{homes or HOMES}:{seed}:{DEMO}",
        named=bool(city or homes),
        overlay=overlay,
        seed=seed,
        start=epoch((start or START).replace(tzinfo=UTC)) // SLOT_S * SLOT_S,
        speed=speed,
    )
    folder = StateFolder(state)
    held = _locked(folder)
    try:
        with loopback.listening(port) as listener:
            parts = [
                Part("brain", lambda: run_brain(folder, wanted)),
                Part("server", lambda: run_server(folder, listener)),
            ]
            Supervisor(parts, _say).run()
    finally:
        os.close(held)
    _say(f"stopped; the same command goes on with {state}")


def run_brain(folder: StateFolder, wanted: Wanted) -> None:
    """Run the loop of a city, and its field, until told to stop."""
    stop = _Stop()
    database = Database(folder.database_url)
    database.migrate()
    if folder.begun:
        _go_on(folder, database, wanted)
    else:
        _begin(folder, wanted)
    life = Life(folder, database, stop.heed, _say)
    try:
        life.run()
    except Stopped:
        pass
    finally:
        life.close()
        database.close()


def run_server(folder: StateFolder, listener: socket.socket) -> None:
    """Show a city until told to stop, from the moment there is one."""
    stop = _Stop()
    try:
        while not folder.begun:
            stop.heed()
            time.sleep(NAP_S)
    except Stopped:
        return
    port = listener.getsockname()[1]

    def announce(link: str) -> None:
        OUT.print(f"Open {link}", soft_wrap=True)
        OUT.print(
            "A resident's link: "
            f"commonwatt home-link CONNECTION --state {folder.path} --port {port}",
            soft_wrap=True,
        )

    open_door(folder, listener, announce)


def home_link(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="Id of the home.")],
    *,
    state: State = Path("out/up"),
    port: Annotated[int, typer.Option(help="Where `up` listens.")] = PORT,
) -> None:
    """Print a one-time link for the resident of one home."""
    folder = StateFolder(state)
    database = Database(folder.database_url)
    Live(folder, database).census.connection(connection)
    with database.write() as opened:
        token = invite(opened, Role.RESIDENT, connection)
    OUT.print(f"http://{loopback.LOOPBACK}:{port}/home/{connection}?token={token}", soft_wrap=True)


class _Stop:
    """Whether the loop is to end: on a signal, or when whoever started it is gone."""

    def __init__(self) -> None:
        self._asked = False
        self._parent = os.getppid()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def heed(self) -> None:
        """End the loop here if it is to end."""
        if self._asked or os.getppid() != self._parent:
            raise Stopped

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True


def _locked(folder: StateFolder) -> int:
    """The lock of a state folder, waited for while the processes of an earlier `up` end."""
    deadline = time.monotonic() + LOCK_S
    while True:
        try:
            return folder.locked()
        except InvalidInput:
            if time.monotonic() > deadline:
                raise
        time.sleep(LOCK_S / 20)


def _begin(folder: StateFolder, wanted: Wanted) -> None:
    """Put down what runs here."""
    _say(f"drawing {wanted.city}")
    city = folder.begin(
        Setting(
            city=wanted.city,
            overlay=wanted.overlay,
            seed=wanted.seed,
            start=wanted.start,
            speed=wanted.speed or SPEED,
        )
    )
    _say(f"{city.name}: {len(city.connections)} connections, {city.assets} assets")


def _go_on(folder: StateFolder, database: Database, wanted: Wanted) -> None:
    """Check that what runs here is what was asked for."""
    setting = folder.setting()
    if wanted.named and wanted.city != setting.city:
        raise InvalidInput(
            f"{folder.path} runs {setting.city}; name another --state for {wanted.city}"
        )
    _say(f"going on with {setting.city} in {folder.path}")
    if wanted.speed is not None:
        with database.write() as connection:
            wish(connection, SPEED_WISH, wanted.speed)


def _say(words: str) -> None:
    ERR.print(f"[dim]{escape(words)}[/dim]", soft_wrap=True)
