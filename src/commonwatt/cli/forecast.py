"""`commonwatt forecast backtest`: how good would our forecasts of your data have been?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from commonwatt.cli.console import OUT, bar
from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.backtest import (
    Backtest,
    Reading,
    backtest,
    origins_of,
    page,
    peers,
    read,
    save,
)
from commonwatt.platform.forecast.sunlit import place_of

app = typer.Typer(name="forecast", no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def about() -> None:
    """Forecast [bold]your[/bold] series, and measure how well."""


@app.command("backtest")
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.", exists=True)],
    *,
    horizon: Annotated[int, typer.Option(metavar="STEPS", min=1, help="Steps ahead.")] = 48,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="Guessed if not said.")] = None,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The first numeric one if not said.")
    ] = None,
    tz: Annotated[
        str, typer.Option(metavar="ZONE", help="Of local life and of naive times.")
    ] = "UTC",
    weather: Annotated[
        str, typer.Option(metavar="COLUMNS", help="Known ahead, with commas: actuals are ex-post.")
    ] = "",
    holidays: Annotated[
        str | None, typer.Option(metavar="COUNTRY", help="DE, or a part of one: AU-VIC.")
    ] = None,
    place: Annotated[
        str | None, typer.Option(metavar="LAT,LON", help="Of what follows the sun.")
    ] = None,
    origins: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Forecasts issued; 28 if possible.")
    ] = None,
    refit: Annotated[str, typer.Option(metavar="DAYS", help="Time between refits.")] = "7d",
    save_as: Annotated[
        Path | None, typer.Option("--save", metavar="OUT", help="Quantiles, .parquet or .csv.")
    ] = None,
    openstef: Annotated[
        Path | None,
        typer.Option(
            metavar="PYTHON",
            envvar="COMMONWATT_OPENSTEF",
            help="A Python that has OpenSTEF 4, to run beside.",
        ),
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="HTML", help="Where to draw.")] = None,
) -> None:
    """Backtest ours beside seasonal naive, MSTL+ETS and plain LightGBM, from rolling origins."""
    named = tuple(c.strip() for c in weather.split(",") if c.strip())
    where = place_of(place) if place else None
    reading = read(
        file, time=time, target=target, zone=tz, weather=named, holidays=holidays, place=where
    )
    at = origins_of(reading.series, horizon, origins)
    beside, absent = peers(openstef, where, holidays)
    _say(reading, len(at), horizon)
    with bar() as progress:
        task = progress.add_task("", total=1)
        done = backtest(
            reading.series,
            horizon,
            origins=at,
            refit_days=_days(refit),
            peers=beside,
            sky=reading.sky,
            progress=lambda name, share: progress.update(task, description=name, completed=share),
        )
    _table(done)
    for sentence in absent:
        OUT.print(escape(sentence), soft_wrap=True)
    drawn = plot or file.with_suffix(".backtest.html")
    drawn.write_text(page(done, f"{reading.target} of {file.name}"), "utf-8")
    OUT.print(f"Drawn in {escape(str(drawn))}", soft_wrap=True)
    if save_as:
        save(done, reading.target, save_as)
        OUT.print(f"Saved in {escape(str(save_as))}", soft_wrap=True)


def _days(refit: str) -> float:
    try:
        return float(refit.removesuffix("d"))
    except ValueError as reason:
        raise InvalidInput(f"--refit {refit} is no number of days; say 7d") from reason


def _say(reading: Reading, count: int, horizon: int) -> None:
    series = reading.series
    known = (
        f"; weather {', '.join(reading.weather)}, taken as known ahead" if reading.weather else ""
    )
    OUT.print(
        f"{reading.target} by {reading.time}: {len(series.value):,} steps of "
        f"{series.step_s / 60:g} min, {series.zone}{known}",
        soft_wrap=True,
    )
    for remark in reading.remarks:
        OUT.print(f"  {escape(remark)}", soft_wrap=True)
    OUT.print(f"{count} origins, {horizon} steps ahead from each", soft_wrap=True)


def _table(done: Backtest) -> None:
    table = Table("", "MAPE %", "MASE", "RMSE", "pinball", "in 80 %", "seconds")
    for column in table.columns[1:]:
        column.justify = "right"
    for o in done.outcomes:
        s = o.score
        figures = (f"{s.mape:.2f}", f"{s.mase:.3f}", f"{s.rmse:.4g}", f"{s.pinball:.4g}")
        table.add_row(o.name, *figures, f"{s.coverage:.0f} %", f"{o.seconds:.1f}")
    OUT.print(table)
    ours = done.outcomes[0]
    for model, number in Counter(ours.models).most_common():
        why = ours.reasons[len(ours.models) - 1 - ours.models[::-1].index(model)]
        OUT.print(f"{model} served {number} of {len(ours.models)}: {why}", soft_wrap=True)
