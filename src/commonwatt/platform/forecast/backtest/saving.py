"""The forecasts of a backtest as one long table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from commonwatt.platform.forecast.backtest.rolling import Backtest
from commonwatt.platform.forecast.ensemble import LEVELS


def table(done: Backtest, name: str) -> pl.DataFrame:
    """Columns series, time, issued_at, level, value, model: ours, one row per quantile."""
    ours = done.outcomes[0]
    series, (count, horizon, width) = done.series, ours.quantiles.shape
    step = np.repeat((done.origins[:, None] + np.arange(horizon)).ravel(), width)
    issued = np.repeat(done.origins, horizon * width)
    times = [series.start + series.step_s * steps for steps in (step, issued)]
    stamp = [pl.from_epoch(pl.Series(t), "s").dt.replace_time_zone("UTC") for t in times]
    return pl.DataFrame(
        {
            "series": [name] * len(step),
            "time": stamp[0].cast(pl.Datetime("us", "UTC")),
            "issued_at": stamp[1].cast(pl.Datetime("us", "UTC")),
            "level": np.tile(LEVELS, count * horizon),
            "value": ours.quantiles.ravel(),
            "model": np.repeat(ours.models, horizon * width).tolist(),
        }
    )


def save(done: Backtest, name: str, path: Path) -> None:
    """Write Parquet, or CSV when the name ends so."""
    frame = table(done, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
