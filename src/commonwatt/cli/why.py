"""`commonwatt why ASSET TIME`: why was this device asked to do that?"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from commonwatt.city.live.answers import answer, local_text, moment_of
from commonwatt.city.live.census import Census
from commonwatt.city.live.folder import StateFolder
from commonwatt.city.registry import sectors
from commonwatt.cli.console import OUT
from commonwatt.cli.up import State
from commonwatt.kernel.errors import NotFound
from commonwatt.platform.database import Database

NEAR = 3


def why(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="Its id, e.g. charger/12.")],
    time: Annotated[
        str, typer.Argument(metavar="TIME", help="ISO city time, local unless it says; or now.")
    ] = "now",
    *,
    state: State = Path("out/up"),
) -> None:
    """Say in one sentence why a device of the running district was asked what it was."""
    folder = StateFolder(state)
    folder.setting()
    census = Census(folder.city(), sectors())
    zone = census.city.place.zone
    moment = moment_of(time, zone)
    database = Database(folder.database_url)
    try:
        with database.read() as connection:
            found = answer(connection, census, _known(census, asset), moment)
    finally:
        database.close()
    when = local_text(found.made_at, zone)
    OUT.print(escape(f"{asset} in the quarter hour from {when}: {found.sentence}."), soft_wrap=True)


def _known(census: Census, asset: str) -> int:
    try:
        return census.asset(asset)
    except NotFound as unknown:
        near = difflib.get_close_matches(asset, census.assets, n=NEAR, cutoff=0.0)
        raise NotFound(f"{unknown}; did you mean {' or '.join(near)}?") from unknown
