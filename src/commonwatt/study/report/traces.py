"""The parts plots are built from, as plain plotly dictionaries.

Strings that start with `--` name a colour of the style sheet, so that one figure serves the light
and the dark page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.units import F, I
from commonwatt.study.report.catalogue import KINDS, RUN_WORDS

Json = dict[str, object]
DASH = {"today": "dot", "tuned": "dash", "coordinated": "solid", "bound": "dashdot"}
WIDTH = {"today": 1.4, "tuned": 1.4, "coordinated": 2.2, "bound": 1.2}
BREACHES = ("cost_overload", "cost_voltage")


def clock(times: I, zone: str) -> list[str]:
    """(T,) local wall-clock time of each slot, as plotly reads it."""
    local = ZoneInfo(zone)
    stamps = [datetime.fromtimestamp(int(t), tz=UTC).astimezone(local) for t in times]
    return [s.strftime("%Y-%m-%d %H:%M") for s in stamps]


def rounded(values: F, digits: int = 4) -> list[float | None]:
    """`values` for JSON: short, with None where there is none."""
    return [round(float(v), digits) if np.isfinite(v) else None for v in values]


def line(run: str, x: Sequence[object], y: Sequence[object]) -> Json:
    """One run over time, in its colour, dash and width."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": RUN_WORDS.get(run, run),
        "x": x,
        "y": y,
        "line": {"color": f"--{run}", "dash": DASH.get(run, "solid"), "width": WIDTH.get(run, 1.4)},
    }


def stack(power_kw: Mapping[str, F], times: list[str]) -> list[Json]:
    """Power by asset kind as stacked columns, drawn above zero and fed in below."""
    known = [k for k in KINDS if k in power_kw] + sorted(set(power_kw) - set(KINDS))
    return [
        {
            "type": "bar",
            "name": KINDS.get(kind, kind),
            "x": times,
            "y": rounded(power_kw[kind], 3),
            "offset": 0,
            "width": 1000 * SLOT_S,
            "marker": {"color": f"--kind-{kind}", "line": {"width": 0}},
        }
        for kind in known
    ]


def stacked(unit: str) -> Json:
    """The layout of stacked columns."""
    return {
        "barmode": "relative",
        "bargap": 0,
        "yaxis": {"title": {"text": unit}, "zeroline": True},
        "hovermode": "x unified",
    }


def cost_bar(part: str, words: str, runs: list[str], means: F, grey: int) -> Json:
    """One part of the system cost in every run; only breaches of limits have a colour."""
    colour = f"--{part}" if part in BREACHES else f"--grey-{grey}"
    return {
        "type": "bar",
        "orientation": "h",
        "name": words,
        "x": rounded(means, 2),
        "y": runs,
        "marker": {"color": colour, "line": {"color": "--paper", "width": 1}},
    }


def dots(name: str, x: list[str], y: F, colour: str, symbol: str) -> Json:
    """One mark per connection."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": x,
        "y": rounded(y, 2),
        "legendgroup": name,
        "marker": {"color": colour, "symbol": symbol, "size": 7, "line": {"width": 1.4}},
    }


def below(trace: Json) -> Json:
    """The trace of a change, for the lower panel and without a second entry in the legend."""
    words = f"{trace['name']}, change"
    return trace | {"yaxis": "y2", "showlegend": False, "meta": words}


def level(at: float, axis: str = "y") -> Json:
    """A limit, drawn across the plot."""
    return {
        "type": "line",
        "xref": "x domain",
        "yref": axis,
        "x0": 0,
        "x1": 1,
        "y0": at,
        "y1": at,
        "line": {"color": "--ink", "width": 1},
    }


def two_panels(upper: str, lower: str) -> Json:
    """Two plots above each other on one time axis."""
    return {
        "yaxis": {"title": {"text": upper}, "domain": [0.54, 1]},
        "yaxis2": {"title": {"text": lower}, "domain": [0, 0.46]},
        "xaxis": {"anchor": "y2"},
        "hovermode": "x unified",
    }
