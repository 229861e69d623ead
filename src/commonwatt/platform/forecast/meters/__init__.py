"""Forecasts for ten thousand meters or a million: one model a customer class, a table in and out.

`forecast_fleet` goes from folder to folder; `Forecast` is the pure function it runs on every
partition, whatever the engine; `fit_fleet` learns the `FleetModel` that travels with it.
"""

from commonwatt.platform.forecast.meters.calendar import Calendar
from commonwatt.platform.forecast.meters.fleet import fit_fleet, forecast_fleet
from commonwatt.platform.forecast.meters.forecast import FORECAST, Forecast
from commonwatt.platform.forecast.meters.model import FleetModel
from commonwatt.platform.forecast.meters.weather import Weather

__all__ = [
    "FORECAST", "Calendar", "FleetModel", "Forecast", "Weather", "fit_fleet", "forecast_fleet",
]  # fmt: skip
