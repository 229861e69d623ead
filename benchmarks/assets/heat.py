"""The heat of a district: BDEW's houses in a reference year, with the luck of those inside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from assets.case import GERMANY, Case, Plain, day_ahead_errors, midnights, naives
from demandlib import bdew

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.rng import Rng
from commonwatt.physics.weather import TEMPERATURE_ERROR, reference_year
from commonwatt.platform.forecast.backtest.peers import PlainTrees
from commonwatt.platform.forecast.ensemble import Series


def heats(many: int) -> list[Case]:
    """Five gigawatt hours a year of it, hourly, with the warmth as it was issued."""
    hours = 365 * 24
    start = 1_735_686_000
    window = Window.uniform(start, hours * 4)
    weather = reference_year(12).over(window, GERMANY)
    warm = weather.temperature_c.reshape(-1, 4).mean(axis=1)
    index = pd.date_range("2025-01-01", periods=hours, freq="h")
    heat = np.zeros(hours)
    for kind, kwh in (("EFH", 1.5e6), ("MFH", 2.5e6), ("GMK", 1e6)):
        house = bdew.HeatBuilding(
            index,
            temperature=pd.Series(warm, index),
            shlp_type=kind,
            building_class=0 if kind == "GMK" else 5,
            wind_class=0,
            annual_heat_demand=kwh,
            name=kind,
        )
        heat += house.get_bdew_profile().to_numpy()
    luck = Rng(17).normal("heat", 0, np.arange(hours))
    drift = np.zeros(hours)
    for t in range(1, hours):
        drift[t] = 0.95 * drift[t - 1] + np.sqrt(1 - 0.95**2) * luck[t]
    heat *= 1 + 0.05 * drift + 0.02 * Rng(18).normal("heat", 0, np.arange(hours))
    plain = Series(start, 3600, heat, zone="Etc/GMT-1")
    wrong = warm + day_ahead_errors(plain, TEMPERATURE_ERROR, 19)
    series = replace(plain, weather=wrong[:, None])
    peers = [Plain("last week", lambda t: t.weekly), *naives(), PlainTrees()]
    return [Case("heat district", "issued", series, 24, midnights(series, many, 1), 7, peers)]
