"""How good a forecast was: the measures printed, all of them lower is better but coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F


@dataclass(frozen=True)
class Score:
    """MAPE and coverage in percent; RMSE and pinball in the series' unit; MASE without one."""

    mape: float
    mase: float
    rmse: float
    pinball: float
    coverage: float


def score(actual: F, point: F, quantiles: F, levels: F, scale: float) -> Score:
    """Over all steps measured; `scale` is the mean error of weekly naive before the backtest.

    >>> s = score(np.array([1.0, 2.0]), np.array([1.0, 1.0]), np.ones((2, 3)),
    ...           np.array([0.1, 0.5, 0.9]), 1.0)
    >>> s.mape, s.mase, s.coverage
    (25.0, 0.5, 50.0)
    """
    fine = np.isfinite(actual) & np.isfinite(point)
    actual, point, quantiles = actual[fine], point[fine], quantiles[fine]
    error = actual - point
    far = actual[:, None] - quantiles
    nonzero = np.abs(actual) > 1e-9 * max(1e-300, float(np.abs(actual).max(initial=0.0)))
    inside = (actual >= quantiles[:, 0]) & (actual <= quantiles[:, -1])
    return Score(
        mape=100 * float(np.mean(np.abs(error[nonzero] / actual[nonzero]))),
        mase=float(np.abs(error).mean()) / scale,
        rmse=float(np.sqrt((error**2).mean())),
        pinball=float(np.maximum(levels * far, (levels - 1) * far).mean()),
        coverage=100 * float(inside.mean()),
    )
