"""PV that was measured, and SimBench's PV and wind with a sky of our own making."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import numpy as np
import polars as pl
from assets.case import DAY, GERMANY, STEP, Case, Smart, day_ahead_errors, midnights, naives

from commonwatt.city.importers.simbench import renewables
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.place import Place
from commonwatt.physics.sun import clear_sky_w_m2
from commonwatt.physics.weather import CLEARNESS_ERROR, WIND_ERROR
from commonwatt.platform.forecast.backtest.peers import PlainTrees
from commonwatt.platform.forecast.ensemble import Series

COLORADO = Place(39.742, -105.173, 1800.0, "Etc/GMT+7")
DARK_W_M2 = 1.0


def clear_of(series: Series, place: Place) -> np.ndarray:
    """(T,) clear-sky irradiance at the middle of the steps."""
    return clear_sky_w_m2(series.time + series.step_s // 2, place)


def measured(name: str, column: str, first: int, days: int) -> Series:
    """A park of NREL's from the package pvanalytics, in watts, laid on a grid."""
    path = files("pvanalytics") / "data" / name
    frame = pl.read_parquet(path) if name.endswith("parquet") else pl.read_csv(path)
    stamp = frame["measured_on"]
    if stamp.dtype == pl.String:
        stamp = stamp.str.to_datetime("%Y-%m-%d %H:%M:%S%z", time_unit="us")
    at = stamp.dt.epoch("s").to_numpy()
    keep = np.isfinite(at.astype(float))
    at = at[keep].astype(np.int64)
    grid = np.full((at.max() - at.min()) // STEP + 1, np.nan)
    grid[(at - at.min()) // STEP] = frame[column].to_numpy().astype(float)[keep]
    part = grid[first * DAY : (first + days) * DAY]
    return Series(int(at.min()) + first * DAY_S, STEP, part, zone=COLORADO.zone)


def simbench(name: str) -> Series:
    """A profile of SimBench's year 2016, per rated power."""
    return Series(1_451_602_800, STEP, renewables("1-LV-rural1--1-sw")[name], zone="Etc/GMT-1")


def sun_case(  # noqa: PLR0917 - one row of `suns`
    name: str,
    known: str,
    series: Series,
    clear: np.ndarray,
    light: np.ndarray,
    many: int,
    apart: int,
) -> Case:
    """PV with the light that is known ahead."""
    return Case(
        name=name,
        known=known,
        series=replace(series, weather=light.reshape(len(clear), -1)),
        horizon=DAY,
        origins=midnights(series, many, apart),
        refit_days=7 if apart == 1 else 28,
        peers=[*naives(), Smart(clear), PlainTrees()],
        lit=clear > DARK_W_M2,
        persistence="yesterday",
    )


def suns(many: int) -> list[Case]:
    """Two measured parks and a profile of SimBench's."""
    serf = measured("serf_east_15min_ac_power.csv", "ac_power", 0, 104)
    clear = clear_of(serf, COLORADO)
    found = [sun_case("pv serf_east", "place", serf, clear, clear, many, 1)]
    park = measured("system_50_ac_power_2_full_DST.parquet", "ac_power_2", 0, 730)
    clear = clear_of(park, COLORADO)
    found.append(sun_case("pv system_50", "place", park, clear, clear, many, 9))
    roof = simbench("PV3")
    clear = clear_of(roof, GERMANY)
    found.append(sun_case("pv simbench", "place", roof, clear, clear, many, 7))
    sky = np.mean([renewables("1-LV-rural1--1-sw")[f"PV{k}"] for k in (1, 2, 5, 6, 7, 8)], axis=0)
    lit = clear > 30
    clearness = np.where(lit, sky / np.maximum(clear, 1), 0.0)
    clearness /= np.quantile(clearness[lit], 0.99)
    wrong = np.clip(clearness + day_ahead_errors(roof, CLEARNESS_ERROR, 11), 0, 1.15)
    issued = np.column_stack([clear, np.where(lit, wrong * clear, 0.0)])
    found.append(sun_case("pv simbench", "issued", roof, clear, issued, many, 7))
    return found


def winds(many: int) -> list[Case]:
    """A wind park of SimBench's; the wind over the region is taken from its neighbours."""
    park = simbench("WP7")
    region = np.mean([renewables("1-LV-rural1--1-sw")[f"WP{k}"] for k in (5, 6, 8, 9)], axis=0)
    speed = 12.0 * np.cbrt(region)
    issued = np.maximum(speed + day_ahead_errors(park, WIND_ERROR, 13), 0.0)
    found = []
    for known, weather in (("nothing", np.empty((0, 0))), ("issued", issued[:, None])):
        found.append(
            Case(
                "wind simbench", known, replace(park, weather=weather), DAY,
                midnights(park, many, 7), 28, [*naives(), PlainTrees()], persistence="yesterday",
            )
        )  # fmt: skip
    return found
