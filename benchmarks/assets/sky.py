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
from commonwatt.physics.weather import CLEARNESS_ERROR, WIND_ERROR
from commonwatt.platform.forecast.backtest.peers import PlainTrees
from commonwatt.platform.forecast.ensemble import Series
from commonwatt.platform.forecast.sunlit import clear_sky

COLORADO = Place(39.742, -105.173, 1800.0, "Etc/GMT+7")
LOW_W_M2, BRIGHTEST = 30.0, 1.15


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
    name: str, series: Series, place: Place, many: int, apart: int, issued: np.ndarray | None = None
) -> Case:
    """PV of which the place is known, and maybe the light as `issued` (T,)."""
    sky = clear_sky(series, (place.latitude, place.longitude))
    known = [sky[:, 0]] if issued is None else [issued, sky[:, 0]]
    return Case(
        name=name,
        known="place" if issued is None else "place, issued light",
        series=replace(series, weather=np.column_stack(known)),
        horizon=DAY,
        origins=midnights(series, many, apart),
        refit_days=7 * apart,
        peers=[*naives(), Smart(sky[:, 0]), PlainTrees()],
        sky=sky,
        persistence="yesterday",
    )


def suns(many: int) -> list[Case]:
    """Two measured parks and a profile of SimBench's."""
    serf = measured("serf_east_15min_ac_power.csv", "ac_power", 0, 104)
    park = measured("system_50_ac_power_2_full_DST.parquet", "ac_power_2", 0, 730)
    roof = simbench("PV3")
    return [
        sun_case("pv serf_east", serf, COLORADO, many, 1),
        sun_case("pv system_50", park, COLORADO, many, 9),
        sun_case("pv simbench", roof, GERMANY, many, 7),
        sun_case("pv simbench", roof, GERMANY, many, 7, issued_light(roof)),
    ]


def issued_light(roof: Series) -> np.ndarray:
    """(T,) W/m² as issued at midnight: the clearness of six other roofs, and the error's."""
    light = clear_sky(roof, (GERMANY.latitude, GERMANY.longitude))[:, 0]
    profiles = renewables("1-LV-rural1--1-sw")
    others = np.mean([profiles[f"PV{k}"] for k in (1, 2, 5, 6, 7, 8)], axis=0)
    lit = light > LOW_W_M2
    clearness = np.where(lit, others / np.maximum(light, 1.0), 0.0)
    clearness /= np.quantile(clearness[lit], 0.99)
    wrong = np.clip(clearness + day_ahead_errors(roof, CLEARNESS_ERROR, 11), 0.0, BRIGHTEST)
    return np.where(lit, wrong * light, 0.0)


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
