"""A made-up study with everything in it: no run of it took place."""

import numpy as np
import pytest

from commonwatt.kernel.prices import PriceList
from commonwatt.study.report.catalogue import PARTS, headlines
from commonwatt.study.result import BESIDE, RUNS, HomeBill, Row, StudyResult, Trace

START = 1465768800  # 13 June 2016, midnight in Berlin
CALM = {"today": 2.1, "tuned": 1.3, "coordinated": 0.97, "bound": 1.0}
VALUES = {
    "transformer_peak": ("%", 214.0, 131.0, 99.6, 100.0),
    "line_peak": ("%", 88.0, 71.0, 52.0, 55.0),
    "overload_energy": ("kVAh", 1843.2, 121.7, 0.4, 0.0),
    "overload_hours": ("h", 37.25, 9.5, 0.25, 0.0),
    "voltage_lowest": ("pu", 0.972, 0.979, 0.981, 0.980),
    "voltage_highest": ("pu", 1.051, 1.041, 1.032, 1.034),
    "voltage_hours": ("h", 0.0, 0.0, 0.0, 0.0),
    "losses": ("kWh", 214.0, 172.0, 121.0, 124.0),
    "system_cost": ("€", 3893.1, 441.0, 214.9, 196.2),
    "system_cost_without_breaches": ("€", 206.7, 197.6, 186.1, 185.4),
    "bill_mean": ("€", 7.81, 7.02, 6.41, 6.33),
    "bill_worst": ("€", 31.2, 29.4, 28.8, 28.7),
    "bill_rise_worst": ("€", 0.0, 1.2, 0.0, 0.0),
    "energy": ("kWh", -8123.0, -8010.0, -7790.0, -7815.0),
    "co2": ("kg", 812.0, 806.4, 771.9, 769.0),
    "ev_served": ("kWh", 46.0, 46.0, 45.9, 46.0),
    "comfort_lost": ("K·h", 0.31, 0.31, 0.31, 0.30),
    "building_comfort_lost": ("K·h", 0.2, 0.4, 0.1, 0.0),
    "light_taken": ("kWh", 0.0, 0.0, 1.4, 1.1),
    "self_consumption": ("kWh", 1210.0, 1433.0, 1622.0, 1630.0),
    "curtailment": ("kWh", 0.0, 388.0, 301.0, 288.0),
    "forecast_error": ("kW", 3.1, 3.1, 2.9, 0.0),
}
WHOLES = {"light_taken": 90.0, "ev_served": 46.0, "self_consumption": 9800.0, "curtailment": 9800.0}
WHYS = ("Charges at 3.0 kW, as power is cheap now.", *2 * ("transformer T1 at its limit",))
COSTS = (150.0, 21.0, 30.0, 3.0, 6.0, 0.2, 0.0, -1.0, 3600.0, 4.0, 0.4, 0.3)


def made_up(*, binds=True, seeds=(11, 12, 13), days=7, area=True, beside=True):
    """A study result of plausible shape."""
    luck = np.random.default_rng(1)
    rows = [r for seed in seeds for run in RUNS for r in _rows(run, seed, luck, area=area)]
    if beside:
        rows += [r for run in BESIDE for r in _rows(run, seeds[0], luck, area=False)]
    return StudyResult(
        city="simbench:1-LV-rural1--2-sw",
        start=START,
        days=days,
        seeds=seeds,
        why_this_week=f"The {days} days from 13 June 2016 are the most stressed of the year: under "
        "today's habits the wires are overloaded by 1843 kVAh.",
        zone="Europe/Berlin",
        prices=PriceList(),
        rows=tuple(rows),
        traces=tuple(_trace(run, seeds[0], days, luck) for run in RUNS),
        bills=tuple(b for seed in seeds for run in RUNS for b in _bills(run, seed)),
        binds=binds,
        settings={"commit": "0" * 40, "safety_margin": "3 %"},
    )


def _rows(run, seed, luck, *, area):
    column = RUNS.index(run) if run in RUNS else 2
    for measure, (unit, *values) in VALUES.items():
        value = values[column] * (1 + 0.03 * luck.normal())
        whole = WHOLES.get(measure, np.nan)
        yield Row(run, seed, "all", measure, unit, min(value, whole), whole)
        if area and measure in ("ev_served", "comfort_lost", "curtailment", "bill_mean"):
            for share, name in ((0.6, "North <b>bank</b>"), (0.4, "Mill Lane")):
                yield Row(run, seed, name, measure, unit, share * value, share * whole)
    for cost, name in zip(COSTS, PARTS, strict=True):
        factor = (1, 0.05, 0.001, 0)[column] if name == "cost_overload" else 1 - column / 20
        yield Row(run, seed, "all", name, "€", cost * factor)


def _trace(run, seed, days, luck):
    slots = 96 * days
    hour = np.arange(slots) / 4
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) * (0.7 + 0.3 * luck.random(slots))
    evening = np.exp(-(((hour % 24) - 19.5) ** 2) / 6) + 0.3
    peak = CALM[run]
    loading = np.minimum(np.abs(2.15 * sun - 0.5 * evening), peak + 0.02 * luck.random(slots))
    moved = {"today": 0.0, "tuned": 0.5, "coordinated": 1.0, "bound": 1.0}[run]
    return Trace(
        run=run,
        seed=seed,
        time=START + 900 * np.arange(slots, dtype=np.int64),
        loading=loading,
        line_loading=0.4 * loading,
        volts_low=1.0 - 0.02 * evening,
        volts_high=1.0 + 0.025 * loading,
        power_kw={
            "consumer": 30 * evening,
            "pv": -180 * sun * (1 - 0.2 * moved * (sun > 0.8)),
            "battery": 40 * moved * (sun - sun.mean()),
            "heat_pump": 6 + 3 * moved * sun,
            "charger": 8 * (evening * (1 - moved) + moved * sun),
        },
        price=0.06 + 0.05 * evening - 0.04 * sun,
        reasons=tuple(
            (
                START + 900 * k,
                f"battery/{k % 5}",
                3.0 + k % 7,
                WHYS[k % 3],
            )
            for k in range(40 * days)
        )
        if run == "coordinated"
        else (),
    )


def _bills(run, seed):
    column = RUNS.index(run)
    for home in range(13):
        rise = 1.1 * (column > 1 and home % 3 == 0)
        cost = round(6.0 * home - 20 - 0.4 * column + rise, 2)
        guarantee = 0.3 if run == "coordinated" and home % 3 == 0 else 0.0
        yield HomeBill(
            run=run,
            seed=seed,
            connection=f"home/{home}",
            area="Mill Lane" if home % 2 else "North <b>bank</b>",
            use="home",
            import_wh=70_000,
            export_wh=9_000,
            cost_eur=cost,
            guarantee_eur=guarantee,
        )


@pytest.fixture
def result():
    return made_up()


@pytest.fixture
def make():
    return made_up


assert {h.name for h in headlines()} <= set(VALUES)
