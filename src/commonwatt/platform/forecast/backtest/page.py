"""The backtest as one HTML file that needs nothing but itself: bands against truth, and skill."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from plotly import graph_objects
from plotly.offline import get_plotlyjs

from commonwatt.kernel.units import F
from commonwatt.platform.forecast.backtest.rolling import Backtest, local

MOST_STEPS = 3000
STYLE = "body{font:16px system-ui;max-width:70rem;margin:2rem auto;padding:0 1rem}"
INK, BAND = "#0b6e99", "rgba(11,110,153,0.2)"


def page(done: Backtest, title: str) -> str:
    """All of it as HTML."""
    figures = [_bands(done), _skill(done)]
    drawn = [f.to_html(full_html=False, include_plotlyjs=False) for f in figures]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{STYLE}</style>"
        f"<script>{get_plotlyjs()}</script><h1>{escape(title)}</h1>{''.join(drawn)}</html>"
    )


def _bands(done: Backtest) -> Any:
    ours = done.outcomes[0]
    keep = max(1, MOST_STEPS // done.horizon)
    steps = (done.origins[-keep:, None] + np.arange(done.horizon)).ravel()
    when = [local(done.series, int(step)).replace(tzinfo=None) for step in steps]
    low, high = (ours.quantiles[-keep:, :, q].ravel() for q in (0, -1))
    figure = graph_objects.Figure(layout={"title": "Forecast, its 80 % band, and what came"})
    figure.add_scatter(x=when, y=low, line_width=0, showlegend=False, hoverinfo="skip")
    figure.add_scatter(x=when, y=high, line_width=0, fill="tonexty", fillcolor=BAND, name="80 %")
    figure.add_scatter(x=when, y=ours.point[-keep:].ravel(), line_color=INK, name=ours.name)
    figure.add_scatter(
        x=when, y=done.actual[-keep:].ravel(), line={"color": "#333", "width": 1}, name="actual"
    )
    return figure


def _skill(done: Backtest) -> Any:
    figure = graph_objects.Figure(
        layout={
            "title": "Mean absolute error by lead",
            "xaxis_title": "hours ahead",
            "yaxis_rangemode": "tozero",
        }
    )
    ahead = (np.arange(done.horizon) + 1) * done.series.step_s / 3600
    for outcome in done.outcomes:
        error = np.abs(outcome.point - done.actual)
        figure.add_scatter(x=ahead, y=_mean(error), name=outcome.name)
    return figure


def _mean(error: F) -> F:
    known = np.isfinite(error)
    mean: F = np.where(known, error, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return mean
