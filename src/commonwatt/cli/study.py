"""`commonwatt study`: live some days of a city four times, and say what coordination is worth."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from commonwatt.city.importers.overlay import parse
from commonwatt.cli.console import OUT, bar
from commonwatt.study import report, runner
from commonwatt.study.play import MARGIN


def study(
    city: Annotated[
        str,
        typer.Argument(
            metavar="CITY",
            help="A city folder, a pandapower .json file, [bold]simbench:CODE[/bold] or "
            "[bold]generate:HOMES:SEED[/bold].",
            show_default=False,
        ),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder for report, numbers, bills.", show_default=False),
    ],
    start: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="First day, as 2016-06-13. Without it, the most stressed days of the year.",
            show_default=False,
        ),
    ] = None,
    days: Annotated[int, typer.Option(metavar="N", min=1, help="How many days.")] = 7,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, help="How many kinds of luck.")] = 3,
    overlay: Annotated[
        str,
        typer.Option(
            metavar="ev=0.5,hp=0.4",
            help="Give shares of homes an ev, hp, pv or battery.",
            show_default=False,
        ),
    ] = "",
    overlay_seed: Annotated[int, typer.Option(metavar="N", help="Deals the overlay.")] = 0,
    margin: Annotated[
        float, typer.Option(metavar="SHARE", help="Of ratings, kept free by the coordinated plan.")
    ] = MARGIN,
    confidence: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Hold each limit with this probability instead of the margin, as 0.95.",
            show_default=False,
        ),
    ] = None,
    beside: Annotated[
        bool, typer.Option(help="Add: no margin, a slot late, naive and perfect forecasts.")
    ] = False,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Runs at the same time.")] = 2,
) -> None:
    """Live the same days four times, and say what [bold]coordination[/bold] is worth.

    [bold]today[/bold], as people live now; [bold]tuned[/bold], every device by a competent local
    rule; [bold]coordinated[/bold], by commonwatt; and the [bold]bound[/bold], which knows the
    future. Same weather, same people, same luck.
    """
    with bar() as shown:
        task = shown.add_task("starting", total=1.0)
        result = runner.study(
            city,
            start=start.date() if start else None,
            days=days,
            seeds=seeds,
            overlay=parse(overlay),
            overlay_seed=overlay_seed,
            margin=margin,
            confidence=confidence,
            beside=beside,
            jobs=jobs,
            progress=lambda what, share: shown.update(task, description=what, completed=share),
        )
        shown.update(task, description="writing the report", completed=1.0)
        page = report.write(result, out)
    OUT.print(report.summary(result, OUT.width))
    OUT.print(f"Report: {page}", soft_wrap=True)
    OUT.print(f"See it: commonwatt serve {out}", soft_wrap=True)
