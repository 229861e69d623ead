"""The report as one HTML file that needs nothing but itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from commonwatt.kernel.intervals import DAY_S
from commonwatt.study.report import charts, sheets
from commonwatt.study.report.catalogue import COST_BARE, OVERLOAD, RUN_NOTES, RUN_WORDS
from commonwatt.study.report.figures import MISSING, Spread, euros, kvah, percent
from commonwatt.study.report.worth import verdict, worth
from commonwatt.study.result import RUNS, StudyResult

BAND = (0.9, 1.1)
"""The voltage band drawn, EN 50160; buses may have a narrower one of their own."""


@dataclass(frozen=True)
class Tile:
    """One figure to remember."""

    words: str
    value: str
    note: str


def page(result: StudyResult) -> str:
    """The whole report as HTML."""
    shelf = files("commonwatt.study.report") / "page"
    environment = Environment(
        loader=PackageLoader("commonwatt.study.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure
    return environment.get_template("report.html").render(
        result=result,
        span=span(result),
        verdict=verdict(result),
        tiles=tiles(result),
        runs=[(run, RUN_WORDS[run], RUN_NOTES[run]) for run in RUNS],
        sheets=_sheets(result),
        charts=_charts(result),
        style=Markup((shelf / "report.css").read_text("utf-8")),  # noqa: S704 - our own file
        script=Markup((shelf / "report.js").read_text("utf-8")),  # noqa: S704 - our own file
        plotly=Markup(get_plotlyjs()),  # noqa: S704 - plotly's own library
    )


def span(result: StudyResult) -> str:
    """The studied days in words, local time."""
    zone = ZoneInfo(result.zone)
    first = datetime.fromtimestamp(result.start, tz=UTC).astimezone(zone)
    last = datetime.fromtimestamp(result.start + result.days * DAY_S - 1, tz=UTC).astimezone(zone)
    if result.days == 1:
        return f"{first:%A} {first.day} {first:%B %Y}"
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"


def tiles(result: StudyResult) -> list[Tile]:
    """The figures to remember."""
    money, bare = worth(result), worth(result, COST_BARE)
    today, ours = (Spread.of(result.value(r, OVERLOAD)).mean for r in ("today", "coordinated"))
    served = sheets.share(result, "coordinated", "ev_served")
    without = f"without breach prices {percent(bare.share)}"
    shown = [
        Tile("Saved against tuned", euros(money.gain_eur), "system cost, mean over seeds"),
        Tile("Of what foresight saves", percent(money.share), without),
        Tile("Overload energy", kvah(ours), f"today {kvah(today)}"),
        Tile("Car energy by departure", served, "of what was asked and feasible"),
    ]
    return [tile for tile in shown if tile.value not in ("", MISSING)]


def _sheets(result: StudyResult) -> dict[str, sheets.Sheet]:
    return {
        "headline": sheets.headline_sheet(result),
        "areas": sheets.area_sheet(result),
        "bills": sheets.bill_sheet(result),
        "reasons": sheets.reason_sheet(result),
        "commands": sheets.command_sheet(result),
        "beside": sheets.beside_sheet(result),
        "prices": sheets.price_sheet(result.prices),
        "more": sheets.more_sheet(result),
    }


def _charts(result: StudyResult) -> dict[str, charts.Chart]:
    drawn = (
        charts.loading_chart(result),
        charts.duration_chart(result),
        charts.voltage_chart(result, BAND),
        charts.cost_chart(result),
        charts.power_chart(result),
        charts.moved_chart(result),
        charts.price_chart(result),
        charts.bill_chart(result),
    )
    return {chart.key: chart for chart in drawn if chart is not None and chart.data}


def _figure(chart: charts.Chart) -> Markup:
    """A figure as JSON that cannot end the script element it stands in."""
    plain = json.dumps(chart.figure, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Markup(plain.replace("<", "\\u003c"))  # noqa: S704 - escaped here
