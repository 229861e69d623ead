"""Load shapes by class of customer: the German utilities' standard load profiles over a year.

Source: BDEW's profiles of 2025 (H25 homes, G25 services), as carried by the package demandlib; H25
with its own daily factor. Holidays are weekdays here. Individuality is the twins' business.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import polars as pl

from commonwatt.city.model import Series
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import F, I

START = 1_451_602_800
"""Midnight of 1 January 2016 in Central Europe."""
SLOTS = 366 * SLOTS_PER_DAY
CLASSES = ("h25", "g25")
_DAYS = ("WT", "SA", "FT")
_MONTHS = 12
_DAILY = (-3.92e-10, 3.2e-7, -7.02e-5, 0.0021, 1.24)
"""BDEW's polynomial of the day of the year."""


def year(place: Place) -> tuple[Series, dict[str, float]]:
    """The year's shapes, 1 at their peak, and MWh a year per kW of peak, by class."""
    local = place.local(START + SLOT_S * np.arange(SLOTS))
    values: dict[str, F] = {}
    per_kw: dict[str, float] = {}
    for name in CLASSES:
        shape = _table(name)[_month(local), _day_type(local), local % DAY_S // SLOT_S]
        if name == "h25":
            shape = shape * np.polyval(_DAILY, _day_of_year(local).astype(np.float64))
        shape = shape / shape.max()
        values[f"{name}.p"] = values[f"{name}.q"] = shape
        per_kw[name] = float(shape.mean()) * 8.76
    return Series(START, values), per_kw


def _table(name: str) -> F:
    """(12,3,96) a profile by month, type of day and quarter hour.

    Raises:
        InvalidInput: the installed demandlib does not carry it as expected.
    """
    path = files("demandlib") / "bdew" / "bdew_data" / f"{name}.csv"
    if not path.is_file():
        raise InvalidInput(f"the installed demandlib does not carry {name}.csv; reinstall it")
    frame = pl.read_csv(path.read_bytes(), has_header=False, infer_schema=False)
    kinds = list(frame.row(1))[1:]
    cells = frame[2:, 1:].cast(pl.Float64).to_numpy()
    if cells.shape != (SLOTS_PER_DAY, _MONTHS * len(_DAYS)):
        raise InvalidInput(f"demandlib's {name}.csv has an unknown shape; reinstall demandlib")
    found = np.empty((_MONTHS, len(_DAYS), SLOTS_PER_DAY))
    for column, kind in enumerate(kinds):
        found[column // len(_DAYS), _DAYS.index(kind)] = cells[:, column]
    return found


def _month(local: I) -> I:
    return local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % _MONTHS


def _day_type(local: I) -> I:
    """0 on working days, 1 on Saturdays, 2 on Sundays."""
    weekday = (local // DAY_S + 3) % 7
    return np.maximum(weekday - 4, 0)


def _day_of_year(local: I) -> I:
    day = local.astype("datetime64[s]").astype("datetime64[D]")
    first = day.astype("datetime64[Y]").astype("datetime64[D]")
    number: I = (day - first).astype(np.int64) + 1
    return number
