"""`commonwatt forecast fleet`: a folder of meters in, a folder of forecasts out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow.parquet as pq
import typer

from commonwatt.cli.console import OUT
from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.meters import forecast_fleet


def fleet(
    *,
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="Parquet files: series, time, value, class.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Gets forecast/ and model.json.")],
    steps: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Readings ahead; a day's if not given.")
    ] = None,
    zone: Annotated[str, typer.Option(metavar="ZONE", help="By which the meters live.")] = "UTC",
    origin: Annotated[
        datetime | None,
        typer.Option(help="Local moment of issue; after the last reading if not given."),
    ] = None,
    weather: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Parquet: time, temperature_c, issued_at.")
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="processes, ray or spark.")
    ] = "processes",
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Processes.")] = 2,
) -> None:
    """Forecast every meter of a folder, ten thousand or a million, with quantiles and reasons."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"there is no time zone {zone!r}; use one like Europe/Berlin"
        raise InvalidInput(msg) from error
    model = forecast_fleet(
        source,
        out,
        origin=None if origin is None else int(origin.replace(tzinfo=place).timestamp()),
        steps=steps,
        zone=zone,
        weather=None if weather is None else pq.read_table(weather),
        by=engine,
        workers=jobs,
    )
    for kind, lore in sorted(model.lore.items()):
        wide = f"{model.levels[-1] - model.levels[0]:.0%} interval covered {lore.coverage:.0%}"
        OUT.print(f"{kind or 'all meters':12} {wide} of a day kept apart", soft_wrap=True)
    OUT.print(f"Forecasts in {out / 'forecast'}, by model {model.id}", soft_wrap=True)
