"""What the forecaster is shown beside: the methods a competent person would try first."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.backtest.openstef import OpenStef, python_with_openstef
from commonwatt.platform.forecast.ensemble.rows import rows
from commonwatt.platform.forecast.ensemble.series import Series

MSTL_WEEKS = 6
MSTL_MOST = 3000
"""Steps MSTL learns from at most: more takes minutes an origin."""


class WeeklyNaive:
    """Last week again."""

    name = "seasonal naive"

    def fit(self, _series: Series, _origin: int, horizon: int) -> None:
        """Nothing to learn."""
        self._horizon = horizon

    def issue(self, series: Series, origin: int) -> F:
        """(H,) forecast."""
        return rows(series.known_at(origin), np.array([origin]), self._horizon).weekly


class PlainTrees:
    """LightGBM as it comes, on lags, calendar and weather, without tuning or weights."""

    name = "LightGBM"

    def fit(self, series: Series, origin: int, horizon: int) -> None:
        """Learn from every origin that was."""
        import lightgbm  # noqa: PLC0415 - its start-up is paid only here

        known, stride = series.known_at(origin), min(horizon, series.day)
        origins = np.arange(origin - stride, 0, -stride, dtype=np.int64)[::-1]
        table = rows(known, origins, horizon)
        target = np.where(table.at < origin, known.value[table.at], np.nan)
        fine = np.flatnonzero(np.isfinite(target))
        self._horizon = horizon
        setting = {"num_threads": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1}
        data = lightgbm.Dataset(table.everything[fine], target[fine])
        self._booster: Any = lightgbm.train(setting, data)

    def issue(self, series: Series, origin: int) -> F:
        """(H,) forecast."""
        table = rows(series.known_at(origin), np.array([origin]), self._horizon)
        return np.asarray(self._booster.predict(table.everything, num_threads=1), dtype=float)


class Mstl:
    """Seasons of a day and a week taken out by LOESS, the rest by exponential smoothing."""

    name = "MSTL+ETS"

    def fit(self, _series: Series, _origin: int, horizon: int) -> None:
        """It learns anew at every origin."""
        self._horizon = horizon

    def issue(self, series: Series, origin: int) -> F:
        """(H,) forecast from the last six weeks."""
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # noqa: PLC0415
        from statsmodels.tsa.seasonal import MSTL  # noqa: PLC0415

        start = max(0, origin - min(MSTL_WEEKS * series.week, MSTL_MOST))
        past = _whole(series.value[start:origin])
        periods = tuple(p for p in (series.day, series.week) if 1 < p <= len(past) // 2)
        parts = MSTL(past, periods=periods).fit()
        seasons = np.asarray(parts.seasonal).reshape(len(past), -1)
        rest = past - seasons.sum(axis=1)
        level = ETSModel(rest, error="add", trend="add", damped_trend=True).fit(disp=False)
        ahead = np.asarray(level.forecast(self._horizon))
        lead: I = np.arange(self._horizon)
        for period, season in zip(periods, seasons.T, strict=True):
            ahead = ahead + season[len(past) - period + lead % period]
        return ahead


def peers(
    openstef: Path | None = None,
    place: tuple[float, float] | None = None,
    holidays: str | None = None,
) -> tuple[list[Any], list[str]]:
    """The peers that can run here, and why the others cannot.

    OpenSTEF runs in the interpreter `openstef`, or in this one if it is installed here; `place` and
    the country of the `holidays` are told to it.
    """
    found: list[Any] = [WeeklyNaive(), PlainTrees()]
    absent = []
    if find_spec("statsmodels"):
        found.insert(1, Mstl())
    else:
        absent.append("MSTL+ETS is left out: pip install 'commonwatt[bench]' brings statsmodels")
    python = python_with_openstef(openstef)
    if python:
        country = holidays.partition("-")[0] if holidays else None
        found.append(OpenStef(python, place=place, country=country))
    else:
        absent.append("OpenSTEF is left out: --openstef PYTHON names a Python (3.12) that has it")
    return found, absent


def _whole(values: F) -> F:
    fine = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), fine, values[fine])
