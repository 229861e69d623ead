"""Forecasts of single assets at any regular resolution, from five minutes to a day.

`Ensemble.fit` learns a `Series` up to an origin: ridge by part of the day and gradient-boosted
trees beside the four-week mean and last week, blended by what they did on days they had not seen.
`Ensemble.issue` speaks: an `Issued` point forecast with quantiles at `LEVELS`, and why.
"""

from commonwatt.platform.forecast.ensemble.bands import LEVELS
from commonwatt.platform.forecast.ensemble.ensemble import Ensemble, Issued
from commonwatt.platform.forecast.ensemble.series import Series

__all__ = ["LEVELS", "Ensemble", "Issued", "Series"]
