"""`commonwatt city`: look at a city, save it as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from commonwatt.city import folder, sources
from commonwatt.city.model import City
from commonwatt.cli.console import OUT
from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, moment

app = typer.Typer(no_args_is_help=True, help="Look at a city, or save it as a folder.")

Source = Annotated[
    str,
    typer.Argument(
        metavar="CITY",
        help="A city folder, a pandapower .json file, or [bold]simbench:CODE[/bold].",
        show_default=False,
    ),
]


@app.command()
def show(city: Source) -> None:
    """Say what a city consists of."""
    drawn = sources.load(city)
    place = drawn.place
    where = f"{place.latitude:.2f}° north, {place.longitude:.2f}° east, {place.zone}"
    OUT.print(f"[bold]{escape(drawn.name)}[/bold]: {where}")
    OUT.print(_covered(drawn))
    OUT.print(_table(drawn))


@app.command()
def save(
    city: Source,
    target: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
) -> None:
    """Save a city as a folder: city.toml, one file per table, its series."""
    folder.save(sources.load(city), target)
    OUT.print(f"Saved in {target}", soft_wrap=True)


def _covered(city: City) -> str:
    series = city.series
    if not series.slots:
        return "No series of its own"
    first, last = moment(series.start), moment(series.start + series.slots * SLOT_S)
    span = f"{first:%Y-%m-%d} to {last:%Y-%m-%d} UTC, {series.slots // SLOTS_PER_DAY} days"
    return f"{len(series.values)} series, {span}"


def _table(city: City) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Kind")
    table.add_column("How many", justify="right")
    table.add_column("Rated, kW", justify="right")
    table.add_column("What it is")
    for one in (city.connections, *city.tables.values()):
        rated = f"{one.f('rated_kw').sum():,.1f}" if "rated_kw" in one.columns and one.ids else ""
        table.add_row(one.kind.name, str(len(one)), rated, one.kind.doc)
    return table
