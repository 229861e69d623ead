"""`commonwatt city`: look at a city, check it, save it as a folder, export it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from commonwatt.city import folder, sources
from commonwatt.city import map as map_
from commonwatt.city.exporters import pandapower as exported
from commonwatt.city.growth import until_overload
from commonwatt.city.model import City
from commonwatt.city.soundness import Soundness, inspected
from commonwatt.cli.console import OUT, bar
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, moment

NAMED = 5
"""Broken limits named for each day."""
WANTING = 3
"""Exit code of a check that found something wrong."""

app = typer.Typer(no_args_is_help=True, help="Look at a city, check it, save or export it.")

Source = Annotated[
    str,
    typer.Argument(
        metavar="CITY",
        help="A city folder, a pandapower .json file, [bold]simbench:CODE[/bold] or "
        "[bold]generate:HOMES:SEED[/bold].",
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


@app.command()
def check(
    city: Source,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Whose luck is lived.")] = 1,
    growth: Annotated[
        bool, typer.Option(help="Also find the years of growth until the first overload.")
    ] = True,
) -> None:
    """Say whether a city is sound: its tables, its supply, its [bold]hardest days[/bold].

    Lives through the day with the highest base load, the coldest and the sunniest under today's
    habits, and says which limits they break. Exit code 3 if any does.
    """
    drawn = sources.load(city)
    with bar() as shown:
        task = shown.add_task("reading the wires", total=1.0)

        def progress(what: str, share: float) -> None:
            shown.update(task, description=what, completed=share)

        found = inspected(drawn, seed, progress)
        ahead = (
            until_overload(drawn, seed, progress)
            if growth and not found.unsupplied and "home" in drawn.connections.text("use")
            else None
        )
    OUT.print(f"[bold]{escape(drawn.name)}[/bold]: its tables are in order")
    for sentence in _findings(drawn, found):
        OUT.print(escape(sentence), soft_wrap=True)
    if found.days:
        OUT.print(_days(found))
    if ahead is not None:
        OUT.print(escape(ahead.sentence), soft_wrap=True)
    if not found.sound:
        raise typer.Exit(WANTING)


@app.command()
def export(
    city: Source,
    geojson: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The map, as GeoJSON.", show_default=False)
    ] = None,
    pandapower: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The grid, as a pandapower net.", show_default=False),
    ] = None,
) -> None:
    """Write a city for other tools: its map as GeoJSON, its grid for pandapower."""
    if geojson is None and pandapower is None:
        raise InvalidInput("name what to write: --geojson FILE, --pandapower FILE, or both")
    drawn = sources.load(city)
    if geojson is not None:
        map_.save(drawn, geojson)
        OUT.print(f"Map in {geojson}", soft_wrap=True)
    if pandapower is not None:
        exported.save(drawn, pandapower)
        OUT.print(f"Grid in {pandapower}", soft_wrap=True)


def _findings(city: City, found: Soundness) -> list[str]:
    """What is wrong, a sentence each; that nothing is, in one."""
    if found.unsupplied:
        first = ", ".join(found.unsupplied[:NAMED])
        return [f"Unsupplied: {len(found.unsupplied)} connections, the first {first}"]
    said = [f"{found.dark_buses} buses are dark"] if found.dark_buses else []
    for day in found.days:
        date = f"{moment(day.start + DAY_S // 2):%d %B}"
        for breach, unit in (*((b, "{:.0%}") for b in day.overloads[:NAMED]),
                             *((b, "{:.3f} pu") for b in day.voltages[:NAMED])):  # fmt: skip
            local = moment(int(city.place.local(np.array([breach.at]))[0]))
            said.append(f"{breach.what}: {unit.format(breach.value)} on {date} at {local:%H:%M}")
        more = len(day.overloads[NAMED:]) + len(day.voltages[NAMED:])
        said += [f"and {more} more on {date}"] if more else []
    return said or ["Everybody is supplied and no limit is broken on its hardest days"]


def _days(found: Soundness) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Day of the")
    table.add_column("Date")
    for head in ("Trafo", "Line", "Low, pu", "High, pu", "kW"):
        table.add_column(head, justify="right")
    for day in found.days:
        table.add_row(
            day.why,
            f"{moment(day.start + DAY_S // 2):%d %b}",
            f"{day.transformer:.0%}",
            f"{day.line:.0%}",
            f"{day.low_pu:.3f}",
            f"{day.high_pu:.3f}",
            f"{day.source_kw:,.0f}",
        )
    return table


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
