"""SimBench's measured household and business profiles, a spring week."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import simbench

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.world import Weather
from commonwatt.platform.forecast import Forecaster, Naive

PLACE = Place(latitude=53.0, longitude=10.0, altitude_m=50, zone="Europe/Berlin")
YEAR_START = 1_451_602_800  # 2015-12-31 23:00 UTC
PROFILES = ("H0-A", "H0-B", "H0-C", "H0-G", "H0-L", "G1-B", "G4-B", "L2-A")
FIRST, LAST = 72 * SLOTS_PER_DAY, 107 * SLOTS_PER_DAY


@pytest.fixture(scope="module")
def loads():
    folder = Path(simbench.__file__).parent / "networks" / "1-complete_data-mixed-all-0-sw"
    columns = [f"{name}_pload" for name in PROFILES]
    table = pl.read_csv(
        folder / "LoadProfile.csv", separator=";", columns=columns, n_rows=LAST + SLOTS_PER_DAY
    )
    return table.select(columns).to_numpy()[FIRST:].T.copy()


def feeder_errors(predictor, loads, leads=(1, 16, 96)):
    """Root mean square error of the sum of all profiles, by lead."""
    past, errors = 28 * SLOTS_PER_DAY, []
    series, one = np.arange(len(loads)), np.ones(past)
    sky = Weather(temperature_c=9 * one, wind_m_s=one, ghi_w_m2=0 * one, dhi_w_m2=0 * one)
    for k in range(past, LAST - FIRST, 4):
        now = YEAR_START + (FIRST + k) * SLOT_S
        if (k - past) % SLOTS_PER_DAY == 0:
            window = Window.uniform(now - past * SLOT_S, past)
            predictor.fit("x", series, loads[:, k - past : k], sky, window)
        ahead = Window.uniform(now, 96)
        told = predictor.issue("x", series, loads[:, k - 4 : k], sky.at(slice(96)), ahead)
        total = (told.middle - loads[:, k : k + 96]).sum(axis=0)
        errors.append(total[np.array(leads) - 1])
    return np.sqrt(np.mean(np.square(errors), axis=0))


def test_a_feeder_of_real_profiles_is_foreseen_far_better_than_by_repetition(loads):
    ours = feeder_errors(Forecaster(PLACE), loads)
    for days in (1, 7):
        naive = feeder_errors(Naive(days), loads)
        assert ours[0] < 0.65 * naive[0]
        assert (ours[1:] < 0.85 * naive[1:]).all()
