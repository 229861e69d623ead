"""The plots of the report. Time plots show the first seed.

All traces of a figure share their x values, so that the page can show the table behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F
from commonwatt.study.report.catalogue import COST, PARTS, RUN_WORDS
from commonwatt.study.report.figures import Spread
from commonwatt.study.report.traces import (
    Json,
    below,
    clock,
    cost_bar,
    dots,
    level,
    line,
    rounded,
    stack,
    stacked,
    two_panels,
)
from commonwatt.study.result import RUNS, StudyResult, Trace

MOVED_KW = 0.01
DIGITS = {"%": 1, "pu": 4, "kW": 2, "€": 2, "ct/kWh": 2}
"""Shown in the table behind a plot."""


@dataclass(frozen=True)
class Chart:
    """One plot.

    Attributes:
        key: its id on the page.
        title: what it shows.
        note: how to read it, one or two sentences.
        index: what the first column of its data table is.
        unit: of its other columns.
        data: plotly traces.
        layout: plotly layout, beside what all plots share.
        height: in pixels.
    """

    key: str
    title: str
    note: str
    index: str
    unit: str
    data: list[Json]
    layout: Json
    height: int = 380

    @property
    def figure(self) -> Json:
        """What the page needs to draw it and to show its numbers."""
        digits = DIGITS[self.unit]
        return {
            "data": self.data,
            "layout": self.layout,
            "index": self.index,
            "unit": self.unit,
            "digits": digits,
        }


def loading_chart(result: StudyResult) -> Chart:
    """Loading of the transformer and of the worst line over time, with the limit."""
    data = _panels(
        result, ("transformer", "worst line"), lambda t: (100 * t.loading, 100 * t.line_loading)
    )
    layout = two_panels("Transformer, %", "Worst line, %")
    layout["shapes"] = [level(100, "y"), level(100, "y2")]
    note = "Per cent of the rating, in either direction; the level line at 100 % is the limit."
    return Chart("loading", "Loading", note, "Time", "%", data, layout, 520)


def duration_chart(result: StudyResult) -> Chart:
    """Loading of the most loaded element, sorted."""
    data = []
    for trace in _four(result):
        worst = np.sort(np.maximum(trace.loading, trace.line_loading))[::-1]
        hours = np.arange(1, worst.size + 1) / 4
        data.append(line(trace.run, rounded(hours, 2), rounded(100 * worst, 2)))
    layout: Json = {
        "xaxis": {"title": {"text": "Hours with at least this loading"}},
        "yaxis": {"title": {"text": "Most loaded element, %"}, "rangemode": "tozero"},
        "shapes": [level(100)],
        "hovermode": "x unified",
    }
    note = "The same hours sorted, worst first: what lies above 100 % is what must move."
    return Chart("duration", "How bad for how long", note, "Hours", "%", data, layout)


def voltage_chart(result: StudyResult, band: tuple[float, float]) -> Chart:
    """Highest and lowest bus voltage over time, with the band."""
    data = _panels(result, ("highest", "lowest"), lambda t: (t.volts_high, t.volts_low))
    layout = two_panels("Highest bus, pu", "Lowest bus, pu")
    layout["shapes"] = [level(band[1], "y"), level(band[0], "y2")]
    note = f"Of all buses; the level lines are the band, {band[0]:g} to {band[1]:g} pu."
    return Chart("voltage", "Voltage", note, "Time", "pu", data, layout, 520)


def cost_chart(result: StudyResult) -> Chart | None:
    """What each run's system cost is made of; None where the parts were not recorded."""
    runs = [r for r in reversed(RUNS) if np.isfinite(result.value(r, COST)).any()]
    names = [RUN_WORDS[r] for r in runs]
    data: list[Json] = []
    for grey, (part, words) in enumerate(PARTS.items()):
        means = np.array([Spread.of(result.value(run, part)).mean for run in runs])
        if np.nan_to_num(np.abs(means)).max(initial=0) >= MOVED_KW:
            data.append(cost_bar(part, words, names, means, grey))
    layout: Json = {
        "barmode": "relative",
        "xaxis": {"title": {"text": "€, mean over seeds"}, "zeroline": True},
        "yaxis": {"automargin": True},
        "hovermode": "closest",
    }
    note = "Grey is what running the place costs; colour is the price of breaching a limit."
    title = "What system cost is made of"
    return Chart("cost", title, note, "Run", "€", data, layout, 340) if data else None


def power_chart(result: StudyResult) -> Chart | None:
    """Power by asset kind in the coordinated run, stacked."""
    ours = _trace(result, "coordinated")
    if ours is None:
        return None
    data = stack(ours.power_kw, clock(ours.time, result.zone))
    note = "The coordinated run: drawn is above zero, fed in below."
    return Chart("power", "Power by kind of asset", note, "Time", "kW", data, stacked("kW"), 420)


def moved_chart(result: StudyResult) -> Chart | None:
    """Who does something else than when merely tuned: the difference by asset kind."""
    ours, tuned = _trace(result, "coordinated"), _trace(result, "tuned")
    if ours is None or tuned is None:
        return None
    kinds = [k for k in ours.power_kw if k in tuned.power_kw]
    moved = {k: ours.power_kw[k] - tuned.power_kw[k] for k in kinds}
    moving = {k: v for k, v in moved.items() if np.abs(v).max(initial=0) >= MOVED_KW}
    data = stack(moving, clock(ours.time, result.zone))
    note = (
        "Coordinated minus tuned. Above zero more is drawn or less sun let in; below zero less is "
        "drawn or more is fed in."
    )
    return Chart("moved", "Who moves what", note, "Time", "kW", data, stacked("kW"), 420)


def price_chart(result: StudyResult) -> Chart | None:
    """The wholesale price."""
    trace = next(iter(_four(result)), None)
    if trace is None:
        return None
    price = line("price", clock(trace.time, result.zone), rounded(100 * trace.price, 3))
    price |= {"name": "Wholesale price", "showlegend": False}
    price["line"] = {"color": "--ink", "width": 1.4, "shape": "hv"}
    layout: Json = {"yaxis": {"title": {"text": "ct/kWh"}}, "hovermode": "x unified"}
    note = "What energy costs the system, the same in every run."
    return Chart("price", "Wholesale price", note, "Time", "ct/kWh", [price], layout, 280)


def bill_chart(result: StudyResult) -> Chart | None:
    """The bill of every connection: today, tuned, coordinated, and after the guarantee."""
    first = [b for b in result.bills if b.seed == result.seeds[0]]
    by_run = {run: {b.connection: b for b in first if b.run == run} for run in RUNS[:3]}
    today, tuned, ours = by_run.values()
    names = sorted(today.keys() & tuned.keys() & ours.keys(), key=lambda n: (today[n].cost_eur, n))
    if not names:
        return None
    base, local, owed = (np.array([some[n].cost_eur for n in names]) for some in by_run.values())
    pays = np.array([ours[n].pays_eur for n in names])
    shown = (
        ("Tuned", local, "--tuned", "diamond-open"),
        ("Coordinated", owed, "--coordinated", "x-thin-open"),
        ("After guarantee", pays, "--coordinated", "circle"),
    )
    data = [dots("Today", names, base, "--today", "circle-open")]
    data += [dots(name, names, bill, colour, symbol) for name, bill, colour, symbol in shown]
    data += [below(dots(name, names, bill - base, *look)) for name, bill, *look in shown]
    layout = two_panels("Bill, €", "Change from today, €")
    layout["xaxis"] = {
        "anchor": "y2",
        "title": {"text": "Connections, by today's bill"},
        "showticklabels": False,
        "showgrid": False,
    }
    layout["shapes"] = [level(0, "y"), level(0, "y2")]
    note = "Below zero a home earns. The guarantee makes good whoever would lose by taking part."
    return Chart("bills", "Bill of every connection", note, "Connection", "€", data, layout, 520)


def _four(result: StudyResult) -> list[Trace]:
    first = [t for t in result.traces if t.seed == result.seeds[0]]
    return [t for run in RUNS for t in first if t.run == run]


def _trace(result: StudyResult, run: str) -> Trace | None:
    return next((t for t in _four(result) if t.run == run), None)


def _panels(
    result: StudyResult, names: tuple[str, str], of: Callable[[Trace], tuple[F, F]]
) -> list[Json]:
    data = []
    for trace in _four(result):
        times = clock(trace.time, result.zone)
        for panel, values in enumerate(of(trace)):
            one = line(trace.run, times, rounded(values))
            one |= {"meta": f"{RUN_WORDS[trace.run]}, {names[panel]}", "legendgroup": trace.run}
            one |= {"showlegend": not panel, "yaxis": "y2" if panel else "y"}
            data.append(one)
    return data
